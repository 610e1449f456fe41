import { expect, test } from 'vitest';
import { addressKind, endpointProblem, isLoopback, parseHostAndPort } from './forms.ts';

test.each([
  'http://minio:9000',
  'https://s3.eu-central-1.amazonaws.com',
  'HTTPS://S3.example:443/',
  'http://127.0.0.1:9000/',
  'http://[::1]:9000',
  'http://object_store:9000',
  'http://10.0.0.5',
  'http://s3.example.',
])('%s is the address of a service', (address) => {
  expect(endpointProblem(address)).toBeUndefined();
});

test.each([
  ['minio:9000', /does not begin with http/],
  ['s3.example', /does not begin with http/],
  ['//s3.example', /does not begin with http/],
  ['ftp://s3.example', /scheme is ftp/],
  ['http://', /no address/],
  ['http://host:99999', /no address/],
  ['https://me:hush@s3.example', /user or password/],
  ['https://me@s3.example', /user or password/],
  ['http:///me:hush@s3.example', /user or password/],
  ['http:me:hush@s3.example', /does not begin with http/],
  ['https://s3.example/prefix', /path stands in it/],
  ['https://s3.example//', /path/],
  ['https://s3.example?x=1', /query/],
  ['https://s3.example/?', /query/],
  ['https://s3.example#a', /fragment/],
  ['http://_minio:9000', /its host _minio is neither a name/],
  ['http://minio-:9000', /its host minio-/],
  ['http://.minio:9000', /its host \.minio/],
  ['http://a+b:9000', /its host a\+b/],
  ['http://a*b:9000', /its host a\*b/],
  ['http://[::1]', /port beside it/],
  ['http://[::1]:80', /port beside it/],
  ['https://[::1]:443', /other than 443/],
])('%s is refused by name', (address, problem) => {
  expect(endpointProblem(address)).toMatch(problem);
  expect(endpointProblem(address)).not.toMatch(/hush|prefix/);
});

test.each([
  ['temporal.example:7233', { host: 'temporal.example', port: 7233 }],
  ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
])('%s is a host and a port', (address, expected) => {
  expect(parseHostAndPort(address)).toEqual(expected);
});

test.each([
  'temporal.example',
  'temporal.example:',
  'h:0',
  'h:65536',
  '::1:7233',
  '[::1]',
  '[::g]:7233',
  '[1.2.3.4]:7233',
  'http://h:1',
  'me@h:1',
  'h:1/path',
  'h h:1',
])('%s is no host with a port', (address) => {
  expect(parseHostAndPort(address)).toBeUndefined();
});

test.each([
  ['loopback', ['localhost', 'localhost.', 'a.localhost', '127.0.0.1', '127.9.9.9', '0.0.0.0']],
  ['loopback', ['::1', '[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]']],
  ['link-local', ['169.254.169.254', '[fe80::1]', 'fe80::1%eth0', '[::ffff:169.254.169.254]']],
  [undefined, ['localhost.example', '128.0.0.1', '10.0.0.1', '[::2]', 'xlocalhost', '[fd00::1]']],
])('addresses are told as %s under all their names', (kind, hosts) => {
  for (const host of hosts) {
    expect(addressKind(host), host).toBe(kind);
    expect(isLoopback(host), host).toBe(kind === 'loopback');
  }
});
