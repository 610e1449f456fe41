import { expect, test } from 'vitest';
import { agentFor, describeProxy, proxyFor, readProxies } from './proxies.ts';

const proxyOf = (address: string, variables: Record<string, string>): string | undefined =>
  proxyFor(new URL(address), readProxies(variables))?.address;

const s3 = 'https://s3.example';

test('a proxy is taken in lower and in upper case, lower first', () => {
  expect(proxyOf(s3, {})).toBeUndefined();
  expect(proxyOf(s3, { https_proxy: 'http://a:1' })).toBe('http://a:1');
  expect(proxyOf(s3, { HTTPS_PROXY: 'http://b:1' })).toBe('http://b:1');
  expect(proxyOf(s3, { HTTPS_PROXY: 'http://b:1', https_proxy: 'http://a:1' })).toBe('http://a:1');
  expect(proxyOf(s3, { https_proxy: '', HTTPS_PROXY: 'http://b:1' })).toBe('http://b:1');
  expect(proxyOf(s3, { https_proxy: 'proxy.example:3128' })).toBe('http://proxy.example:3128');
});

test('each kind of address has its own, and ALL_PROXY serves the rest', () => {
  const both = { http_proxy: 'http://plain:1', https_proxy: 'http://secure:1' };
  expect(proxyOf('http://s3.example', both)).toBe('http://plain:1');
  expect(proxyOf(s3, both)).toBe('http://secure:1');
  expect(proxyOf('grpc://temporal.example:7233', both)).toBe('http://secure:1');
  expect(proxyOf('grpc://t:7233', { ...both, grpc_proxy: 'http://g:1' })).toBe('http://g:1');
  expect(proxyOf('grpc://t:7233', { HTTP_PROXY: 'http://plain:1' })).toBe('http://plain:1');
  expect(proxyOf(s3, { http_proxy: 'http://plain:1' })).toBeUndefined();
  expect(proxyOf(s3, { ALL_PROXY: 'http://all:1' })).toBe('http://all:1');
});

test.each(['http', 'https', 'grpc'])('loopback goes through no proxy for %s', (scheme) => {
  const variables = {
    all_proxy: 'http://a:1',
    http_proxy: 'http://b:1',
    https_proxy: 'http://c:1',
  };
  for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.1.2.3'])
    expect(proxyOf(`${scheme}://${host}:9000`, variables)).toBeUndefined();
});

test.each([
  ['*', true],
  ['s3.example', true],
  ['S3.EXAMPLE', true],
  ['.example', true],
  ['*.example', true],
  ['example', true],
  ['other.example, s3.example', true],
  ['other.example s3.example', true],
  ['s3.example:443', true],
  ['s3.example:9000', false],
  ['3.example', false],
  ['other.s3.example', false],
  ['10.0.0.0/8', false],
  [',', false],
])('NO_PROXY=%s is without a proxy: %s', (no_proxy, without) => {
  for (const name of ['no_proxy', 'NO_PROXY']) {
    const proxy = proxyOf(s3, { https_proxy: 'http://a:1', [name]: no_proxy });
    expect(proxy === undefined).toBe(without);
  }
});

test.each([
  ['http://10.1.2.3:9000', '10.0.0.0/8', true],
  ['http://11.1.2.3:9000', '10.0.0.0/8', false],
  ['http://[fd00::1]:9000', 'fd00::/8', true],
  ['http://[fd00::1]:9000', 'fd00::1', true],
  ['http://[fd00::1]:9000', '[fd00::1]:9000', true],
  ['http://[fd00::1]:9000', '[fd00::1]:9001', false],
  ['http://10.1.2.3:9000', '10.0.0.0/99', false],
])('%s with NO_PROXY=%s is without a proxy: %s', (address, no_proxy, without) => {
  expect(proxyOf(address, { http_proxy: 'http://a:1', no_proxy }) === undefined).toBe(without);
});

test('a proxy of another kind is named when it is needed, without its password', () => {
  const variables = { all_proxy: 'socks5://me:hush@proxy.example:1080' };
  expect(() => proxyOf(s3, variables)).toThrow(/all_proxy[\s\S]*socks5:\/\/…@proxy.example:1080/);
  expect(proxyOf('http://127.0.0.1:9000', variables)).toBeUndefined();
});

test.each([
  'socks5://me:hush@proxy.example:1080',
  'http://me:hu/sh@proxy.example:1080',
  'http:///me:hu#sh@proxy.example',
  'me:hush@proxy.example:99999',
])('a proxy %s that cannot be used is refused without its password', (all_proxy) => {
  expect(() => proxyOf(s3, { all_proxy })).toThrow(/all_proxy/);
  expect(() => proxyOf(s3, { all_proxy })).not.toThrow(/hush|sh@/);
});

test('a proxy is described without what may be a secret', () => {
  const described = (address: string) => describeProxy({ variable: 'http_proxy', address });
  expect(described('http://me:hush@p:1/')).toBe('the proxy http://…@p:1/ (http_proxy)');
  expect(described('http:///me:hush@p:1/?token=hush')).toBe(
    'the proxy http:///…@p:1/… (http_proxy)',
  );
});

test('a connection is given up before a server does so, after half a minute', () => {
  const agent = agentFor(new URL('http://127.0.0.1:9000'), undefined);
  expect(agent).toMatchObject({ options: { keepAlive: true, timeout: 10_000 } });
});
