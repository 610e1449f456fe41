import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { readEnvironment } from '@atelier/environment';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../src/run-store.ts';
import { connectToTemporal, temporalService } from '../src/temporal-service.ts';
import { type AtelierStack, quick, startAtelierStack } from './atelier-stack.ts';
import {
  type Authority,
  type Certificate,
  certificateAuthority,
  guardTemporal,
  startSecureMinio,
} from './tls.ts';

let at: AtelierStack;
/** A proxy as networks have them; it alone knows where these hosts are. */
let proxy: http.Server;
let proxyAddress: string;
const passed: string[] = [];

beforeAll(async () => {
  at = await startAtelierStack({ worker: false });
  const { temporal, s3 } = at.stack.state;
  const hosts: Record<string, string> = {
    'temporal.invalid:7233': temporal.address,
    's3.invalid:9000': new URL(s3.endpoint).host,
  };
  const whereIs = (host: string) => new URL(`http://${hosts[host]}`);
  proxy = http.createServer((request, response) => {
    const { host, pathname, search } = new URL(request.url!);
    passed.push(`${request.method} ${host}`);
    const { hostname, port } = whereIs(host);
    const { method, headers } = request;
    const options = { hostname, port, method, headers, path: `${pathname}${search}` };
    const onward = http.request(options, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  proxy.on('connect', ({ url, headers }, socket) => {
    passed.push(`CONNECT ${url} ${headers['proxy-authorization'] ?? ''}`.trimEnd());
    const { hostname, port } = whereIs(url!);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on('error', () => {});
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  proxyAddress = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  await at?.stop();
});

const names = ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy'];
/** Nothing listens there. */
const dead = 'http://127.0.0.1:2';
const deadProxies = Object.fromEntries(
  [...names, ...names.map((name) => name.toUpperCase())].map((name) => [name, dead]),
);

test('the local stack is reached past the proxies of the network, by commands and the worker', async () => {
  const variables = { ...deadProxies, NODE_USE_ENV_PROXY: '1', no_proxy: '', NO_PROXY: '' };
  const dataset = await at.dataset('behind-proxies', { train: 600 });
  const run = await at.atelier(
    ['start', '--dataset', dataset, ...quick, '--epochs', '1', '--json'],
    variables,
  );
  expect(run.code, run.output).toBe(0);
  expect(run.json().testAccuracy).toBeGreaterThan(0);
  const { stdout } = await at.atelier(['doctor'], variables);
  expect(stdout).toContain(`✓ Connection to Temporal  ${at.stack.state.temporal.address}`);
  expect(stdout).toContain(`✓ Connection to S3        ${at.stack.state.s3.endpoint}`);
});

const elsewhere = (): Record<string, string> => ({
  TEMPORAL_ADDRESS: 'temporal.invalid:7233',
  ATELIER_S3_ENDPOINT: 'http://s3.invalid:9000',
  ATELIER_S3_ACCESS_KEY: at.stack.state.s3.accessKey,
  ATELIER_S3_SECRET_KEY: at.stack.state.s3.secretKey,
});

test('services elsewhere are reached by HTTP_PROXY', async () => {
  passed.length = 0;
  const variables = { ...elsewhere(), HTTP_PROXY: proxyAddress };
  const { stdout, output } = await at.atelier(['doctor'], variables);
  const through = `through the proxy http://${proxyAddress} (HTTP_PROXY)`;
  expect(stdout, output).toContain(
    `✓ Connection to Temporal  temporal.invalid:7233, namespace default, ${through}`,
  );
  expect(stdout).toMatch(/✓ Connection to S3 {8}http:\/\/s3\.invalid:9000, bucket atelier/);
  expect(passed).toContain('CONNECT temporal.invalid:7233');
  expect(passed).toContain('GET s3.invalid:9000');
  const runs = await at.atelier(['runs'], variables);
  expect(runs.code, runs.output).toBe(0);
});

test('a worker reaches a Temporal elsewhere in the same way, with the password of the proxy', async () => {
  passed.length = 0;
  const environment = readEnvironment({ https_proxy: `http://me:hush@${proxyAddress}` });
  const addresses = {
    temporal: { address: 'temporal.invalid:7233', namespace: 'default' },
    s3: at.stack.state.s3,
  };
  const connection = await NativeConnection.connect(temporalService(environment, addresses).worker);
  await connection.close();
  const basic = Buffer.from('me:hush').toString('base64');
  expect(passed).toEqual([`CONNECT temporal.invalid:7233 Basic ${basic}`]);
});

test('what fails behind a proxy names it, without its password', async () => {
  const https_proxy = 'http://me:hush@127.0.0.1:2';
  const variables = { ...elsewhere(), https_proxy, http_proxy: 'http://127.0.0.1:2' };
  const { code, stdout, output } = await at.atelier(['doctor'], variables);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /✗ Connection to Temporal {2}temporal\.invalid:7233, through the proxy http:\/\/…@127\.0\.0\.1:2 \(https_proxy\)/,
  );
  expect(stdout).toMatch(
    /✗ Connection to S3 .*through the proxy http:\/\/127\.0\.0\.1:2 \(http_proxy\)/,
  );
  expect(stdout).toContain('hosts in NO_PROXY are reached without a proxy');
  expect(output).not.toContain('hush');
});

describe('services behind TLS, with a certificate authority of their own', () => {
  let temporal: Awaited<ReturnType<typeof guardTemporal>>;
  let s3: Awaited<ReturnType<typeof startSecureMinio>>;
  let ours: Authority;
  let client: Certificate;
  let stranger: Certificate;

  beforeAll(async () => {
    ours = certificateAuthority(at.folder, 'ours');
    client = ours.issue('worker');
    stranger = certificateAuthority(at.folder, 'theirs').issue('stranger');
    const demands = { server: ours.issue('localhost'), clients: ours, apiKey: 'the-key' };
    temporal = await guardTemporal(at.stack.state.temporal.address, demands);
    s3 = await startSecureMinio(at.stack, join(at.folder, 'secure'), demands.server);
  });
  afterAll(async () => {
    temporal?.close();
    await s3?.stop();
  });

  const right = (): Record<string, string> => ({
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_API_KEY: 'the-key',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: ours.cert,
    TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert,
    TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
  });
  const secureS3 = () => ({
    ATELIER_S3_ENDPOINT: s3.endpoint,
    ATELIER_S3_ACCESS_KEY: s3.accessKey,
    ATELIER_S3_SECRET_KEY: s3.secretKey,
  });
  const serviceWith = (change: Record<string, string>) =>
    temporalService(readEnvironment({ HOME: at.folder, ...right(), ...change }));

  test('commands reach both', async () => {
    const variables = { ...right(), ...secureS3(), NODE_EXTRA_CA_CERTS: ours.cert };
    const { stdout, output } = await at.atelier(['doctor'], variables);
    expect(stdout, output).toContain(
      `✓ Connection to Temporal  ${temporal.address}, namespace default`,
    );
    expect(stdout, output).toContain(`✓ Connection to S3        ${s3.endpoint}, bucket atelier`);
    expect(output).not.toContain('the-key');
  });

  test('a client and a worker reach Temporal by certificates of both sides and a key', async () => {
    const service = serviceWith({});
    await (await connectToTemporal(service)).close();
    await (await NativeConnection.connect(service.worker)).close();
  });

  const untrusted = (problem: RegExp): RegExp =>
    new RegExp(`No trusted encrypted connection to Temporal: ${problem.source}`);
  const refusals = (): [Record<string, string>, string, RegExp][] => [
    [{ TEMPORAL_API_KEY: 'another-key' }, 'UserError', /found: UNAUTHENTICATED: the API key/],
    [{ TEMPORAL_API_KEY: '', TEMPORAL_TLS: 'true' }, 'UserError', /found: UNAUTHENTICATED/],
    [
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '', TEMPORAL_TLS_CLIENT_KEY_PATH: '' },
      'UserError',
      untrusted(/it does not accept the certificate of this client, or wants one/),
    ],
    [
      {
        TEMPORAL_TLS_CLIENT_CERT_PATH: stranger.cert,
        TEMPORAL_TLS_CLIENT_KEY_PATH: stranger.key,
      },
      // This server closes without a word.
      'WorldError',
      /TLS and API key are right/,
    ],
    [
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: stranger.cert },
      'UserError',
      untrusted(/its certificate is of an issuer that is unknown here/),
    ],
    [
      { TEMPORAL_TLS_SERVER_NAME: 'elsewhere' },
      'UserError',
      untrusted(/its certificate is for another host/),
    ],
  ];

  test('with a wrong key, certificate, issuer or name neither does, and no secret is told', async () => {
    const attempts = refusals().map(async ([change, name, message]) => {
      const service = serviceWith(change);
      const refused = await connectToTemporal(service).catch((error: Error) => error);
      expect(refused, JSON.stringify(change)).toMatchObject({ name });
      expect(String(refused)).toMatch(message);
      expect(String(refused)).not.toMatch(/the-key|another-key/);
      await expect(NativeConnection.connect(service.worker)).rejects.toThrow();
    });
    await Promise.all(attempts);
  });

  test('an S3 service of an unknown issuer is refused as such', async () => {
    const store = openStore({ ...at.stack.state.s3, ...s3 });
    await expect(store.hasBucket()).rejects.toThrow(
      /issuer that is unknown here[\s\S]*NODE_EXTRA_CA_CERTS/,
    );
  });
});
