import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { readEnvironment } from '@atelier/environment';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporalService } from '../src/temporal-service.ts';
import { type AtelierStack, quick, startAtelierStack } from './atelier-stack.ts';

let at: AtelierStack;
/** A proxy as networks have them; it alone knows where these hosts are. */
let proxy: http.Server;
let proxyAddress: string;
const passed: string[] = [];

beforeAll(async () => {
  at = await startAtelierStack(false);
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
const dead = 'http://127.0.0.1:9';
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
  const https_proxy = 'http://me:hush@127.0.0.1:9';
  const variables = { ...elsewhere(), https_proxy, http_proxy: 'http://127.0.0.1:9' };
  const { code, stdout, output } = await at.atelier(['doctor'], variables);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /✗ Connection to Temporal {2}temporal\.invalid:7233, through the proxy http:\/\/…@127\.0\.0\.1:9 \(https_proxy\)/,
  );
  expect(stdout).toMatch(
    /✗ Connection to S3 .*through the proxy http:\/\/127\.0\.0\.1:9 \(http_proxy\)/,
  );
  expect(stdout).toContain('hosts in NO_PROXY are reached without a proxy');
  expect(output).not.toContain('hush');
});
