import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UserError } from '@atelier/errors';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { serviceVariables, toolVariables } from './child-variables.ts';
import { readEnvironment } from './read-environment.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-environment-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('with nothing set, everything is local', () => {
  const environment = readEnvironment({ HOME: '/home/ada' });
  expect(environment).toMatchObject({
    home: join(environment.workspace, '.atelier'),
    bucket: 'atelier',
    device: 'auto',
    logLevel: 'info',
    localWorker: true,
    ci: false,
    binaries: {},
  });
  expect(environment.temporal).toBeUndefined();
  expect(environment.s3).toBeUndefined();
});

test('any port that there is will do', () => {
  for (const address of ['h:1', 'h:65535', '[::1]:7233']) {
    expect(readEnvironment({ TEMPORAL_ADDRESS: address }).temporal).toEqual({ address });
  }
});

test('a key that runs have to be signed with is found from any folder', () => {
  const { verifyKey } = readEnvironment({ ATELIER_VERIFY_KEY: 'keys/me.pem.pub' });
  expect(verifyKey).toBe(resolve('keys/me.pem.pub'));
  expect(readEnvironment({}).verifyKey).toBeUndefined();
});

test('an empty variable counts as unset', () => {
  expect(readEnvironment({ TEMPORAL_ADDRESS: '', ATELIER_DEVICE: '' }).temporal).toBeUndefined();
});

test('an address, a profile or a configuration file each mean an external Temporal', () => {
  expect(readEnvironment({ TEMPORAL_ADDRESS: 'temporal.example:7233' }).temporal).toEqual({
    address: 'temporal.example:7233',
  });
  expect(readEnvironment({ TEMPORAL_PROFILE: 'cloud' }).temporal).toEqual({ profile: 'cloud' });
  expect(readEnvironment({ TEMPORAL_CONFIG_FILE: '/t.toml' }).temporal).toEqual({
    configFile: '/t.toml',
  });
  // A namespace alone says nothing about where the service is.
  expect(readEnvironment({ TEMPORAL_NAMESPACE: 'x' }).temporal).toBeUndefined();
});

const s3 = { ATELIER_S3_ENDPOINT: 'https://s3.example:9000' };

test('an S3 endpoint comes with credentials, of its own or the AWS pair', () => {
  const own = { ATELIER_S3_ACCESS_KEY: 'a', ATELIER_S3_SECRET_KEY: 'b' };
  const aws = { AWS_ACCESS_KEY_ID: 'c', AWS_SECRET_ACCESS_KEY: 'd', AWS_REGION: 'eu-west-1' };
  expect(readEnvironment({ ...s3, ...own, ...aws }).s3).toEqual({
    endpoint: 'https://s3.example:9000',
    region: 'eu-west-1',
    bucket: 'atelier',
    accessKey: 'a',
    secretKey: 'b',
  });
  expect(readEnvironment({ ...s3, ...aws }).s3).toMatchObject({ accessKey: 'c', secretKey: 'd' });
  const temporary = { ...s3, ...aws, AWS_SESSION_TOKEN: 'e' };
  expect(readEnvironment(temporary).s3).toMatchObject({ accessKey: 'c', sessionToken: 'e' });
  expect(readEnvironment({ ...temporary, ...own }).s3).not.toHaveProperty('sessionToken');
  expect(() => readEnvironment(s3)).toThrow(/without credentials/);
  expect(() => readEnvironment({ ...s3, ATELIER_S3_ACCESS_KEY: 'a' })).toThrow(
    /without a secret key/,
  );
  // Credentials without an endpoint belong to other programs.
  expect(readEnvironment(aws).s3).toBeUndefined();
});

test('credentials may stand in a file', async () => {
  const path = join(folder, 'credentials.json');
  await writeFile(path, JSON.stringify({ accessKey: 'e', secretKey: 'f' }));
  const environment = readEnvironment({ ...s3, ATELIER_S3_CREDENTIALS_FILE: path });
  expect(environment.s3).toMatchObject({ accessKey: 'e', secretKey: 'f' });
  for (const wrong of ['{"accessKey": "hush"}', '{"accessKey": hush', 'hush', '"hush"', '[]']) {
    await writeFile(path, wrong);
    const read = () => readEnvironment({ ...s3, ATELIER_S3_CREDENTIALS_FILE: path });
    expect(read).toThrow(path);
    expect(read).not.toThrow(/hush/);
  }
  const absent = join(folder, 'absent.json');
  expect(() => readEnvironment({ ...s3, ATELIER_S3_CREDENTIALS_FILE: absent })).toThrow(absent);
});

test('a local worker is not started for services that are all elsewhere, unless asked for', () => {
  const external = {
    ...s3,
    ATELIER_S3_ACCESS_KEY: 'a',
    ATELIER_S3_SECRET_KEY: 'b',
    TEMPORAL_ADDRESS: 'temporal.example:7233',
  };
  expect(readEnvironment(external).localWorker).toBe(false);
  expect(readEnvironment({ ...external, ATELIER_WORKER: 'local' }).localWorker).toBe(true);
  expect(readEnvironment({ ATELIER_WORKER: 'none' }).localWorker).toBe(false);
});

test('a worker gets what leads to services and what decides how a process works', () => {
  const { forwarded } = readEnvironment({
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_API_KEY: 'key',
    ATELIER_LOG_LEVEL: 'debug',
    ATELIER_DATASET_MIRROR: 'file:///data',
    PATH: '/bin',
    SHLVL: '2',
    NODE_ENV: 'test',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    HTTPS_PROXY: 'http://p:1',
    no_proxy: 'a',
    TZ: '',
    XLA_FLAGS: '--x',
  });
  expect(forwarded).toEqual({
    ATELIER_LOG_LEVEL: 'debug',
    HTTPS_PROXY: 'http://p:1',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    XLA_FLAGS: '--x',
    no_proxy: 'a',
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_API_KEY: 'key',
  });
});

test("where traces go is the worker's matter, and no child's or tool's", () => {
  const collector = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=token',
  };
  expect(readEnvironment(collector)).toMatchObject({ traces: true, forwarded: collector });
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=token');
  for (const variables of [serviceVariables(), serviceVariables({}, true), toolVariables({})])
    expect(Object.keys(variables).join(' ')).not.toContain('OTEL_');
  vi.unstubAllEnvs();

  const { OTEL_EXPORTER_OTLP_HEADERS } = collector;
  expect(readEnvironment({ OTEL_EXPORTER_OTLP_HEADERS })).toMatchObject({
    ...{ traces: false, forwarded: {} },
  });
  expect(readEnvironment({ ...collector, OTEL_SDK_DISABLED: 'true' }).traces).toBe(false);
  const grpc = { ...collector, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  expect(() => readEnvironment(grpc)).toThrow(/OTEL_EXPORTER_OTLP_PROTOCOL[\s\S]*http\/protobuf/);
  const named = { ...grpc, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' };
  expect(readEnvironment(named).traces).toBe(true);
  const wrong = { OTEL_EXPORTER_OTLP_ENDPOINT: 'ada:password@collector:4318' };
  expect(() => readEnvironment(wrong)).toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT/);
  expect(() => readEnvironment(wrong)).not.toThrow(/password/);
});

test('a path is the same for a worker, which runs in another folder', () => {
  const relative = {
    ATELIER_S3_CREDENTIALS_FILE: 'keys.json',
    NODE_EXTRA_CA_CERTS: '../ca.pem',
    SSL_CERT_FILE: './ca.pem',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: 'ca.pem',
    XDG_CACHE_HOME: 'cache',
  };
  const { forwarded, cacheDirectory } = readEnvironment({ HOME: '/home/ada', ...relative });
  const expected = Object.entries(relative).map(([name, path]) => [name, resolve(path)]);
  expect(forwarded).toEqual({ HOME: '/home/ada', ...Object.fromEntries(expected) });
  expect(cacheDirectory).toBe(join(forwarded.XDG_CACHE_HOME!, 'atelier'));
  const none = { TEMPORAL_CONFIG_FILE: '/dev/null', TEMPORAL_NAMESPACE: 'ca.pem' };
  expect(readEnvironment(none).forwarded).toEqual(none);
});

test.each([
  ['TEMPORAL_ADDRESS', 'http://temporal.example', 'host:port'],
  ['TEMPORAL_ADDRESS', '127.0.0.1:99999', '1 to 65535'],
  ['TEMPORAL_ADDRESS', '127.0.0.1:0', '1 to 65535'],
  ['ATELIER_DEVICE', 'tpu', 'cpu'],
  ['ATELIER_LOG_LEVEL', 'loud', 'debug'],
  ['ATELIER_S3_ENDPOINT', 'minio:9000', 'http://'],
  ['ATELIER_S3_ENDPOINT', 'https://s3.example/prefix', 'a path stands in it'],
  ['TEMPORAL_ADDRESS', '[::1]', 'host:port'],
  ['ATELIER_DATASET_MIRROR', '/data', 'file://'],
  ['ATELIER_S3_BUCKET', 'No', 'bucket name'],
  ['ATELIER_WORKER', 'two', 'local'],
])('%s=%s is refused by name', (name, value, expected) => {
  const read = () => readEnvironment({ [name]: value });
  expect(read).toThrow(UserError);
  expect(read).toThrow(name);
  expect(read).toThrow(expected);
  expect(read).toThrow(value);
});

test.each([
  ['ATELIER_DATASET_MIRROR', 'https://me:hush@host/x', 'without user and password'],
  ['ATELIER_DATASET_MIRROR', 'http:///me:hush@host/x', 'the name of a host'],
  ['ATELIER_DATASET_MIRROR', 'https://host/x#token=hush', 'without a fragment'],
  ['ATELIER_DATASET_MIRROR', 'https://host/x?token=hush', 'without a query'],
  ['ATELIER_S3_ENDPOINT', 'http:///me:hush@s3.example', 'a user or password'],
  ['ATELIER_S3_ENDPOINT', 'https://s3.example#token=hush', 'a fragment'],
  ['TEMPORAL_ADDRESS', 'me:hush@temporal.example:7233', 'host:port'],
  ['TEMPORAL_ADDRESS', 'temporal.example:7233#hush', 'host:port'],
])('a secret in %s (%s) is refused and not shown', (name, value, expected) => {
  const read = () => readEnvironment({ [name]: value });
  expect(read).toThrow(name);
  expect(read).toThrow(expected);
  expect(read).not.toThrow(/hush/);
});

test('an S3 endpoint is taken in one form, and a password in it is refused and not shown', () => {
  const keys = { ATELIER_S3_ACCESS_KEY: 'a', ATELIER_S3_SECRET_KEY: 'b' };
  const of = (address: string) => readEnvironment({ ...keys, ATELIER_S3_ENDPOINT: address }).s3;
  expect(of('HTTPS://S3.Example:443/')?.endpoint).toBe('https://s3.example');
  expect(of('http://[::1]:9000')?.endpoint).toBe('http://[::1]:9000');
  const read = () => of('https://me:hush@s3.example');
  expect(read).toThrow(/ATELIER_S3_ENDPOINT[\s\S]*a user or password/);
  expect(read).not.toThrow(/hush/);
});

test('the proxy on the way to an S3 service is known, and loopback has none', () => {
  const keys = { ATELIER_S3_ACCESS_KEY: 'a', ATELIER_S3_SECRET_KEY: 'b' };
  const proxies = { https_proxy: 'http://p:3128', http_proxy: 'http://p:3128' };
  expect(readEnvironment({ ...s3, ...keys, ...proxies }).s3?.proxy).toEqual({
    variable: 'https_proxy',
    address: 'http://p:3128',
  });
  const local = { ATELIER_S3_ENDPOINT: 'http://127.0.0.1:9000' };
  expect(readEnvironment({ ...local, ...keys, ...proxies }).s3).not.toHaveProperty('proxy');
});
