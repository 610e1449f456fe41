import { expect, test } from 'vitest';
import { bootstrapSettings, cacheDirectory } from './variables.mjs';

test('the cache lies where the platform keeps caches', () => {
  expect(cacheDirectory({ HOME: '/home/ada' }, 'linux')).toBe('/home/ada/.cache/atelier');
  expect(cacheDirectory({ HOME: '/Users/ada' }, 'darwin')).toBe(
    '/Users/ada/Library/Caches/atelier',
  );
  expect(cacheDirectory({ HOME: '/home/ada', XDG_CACHE_HOME: '/big' }, 'linux')).toBe(
    '/big/atelier',
  );
});

test('the bootstrap tells whether downloads take a proxy', () => {
  const proxied = (variables: object) => bootstrapSettings({ HOME: '/h', ...variables }).proxied;
  expect(proxied({ https_proxy: '', no_proxy: '*' })).toBe(false);
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'])
    expect(proxied({ [name]: 'http://p:1' })).toBe(true);
});

test.each([
  [{}, { temporal: false, s3: false }],
  [{ TEMPORAL_ADDRESS: '' }, { temporal: false, s3: false }],
  [{ TEMPORAL_PROFILE: 'cloud' }, { temporal: true, s3: false }],
  [{ ATELIER_S3_ENDPOINT: 'https://s3' }, { temporal: false, s3: true }],
])('the bootstrap tells services that are elsewhere: %j', (variables, external) => {
  expect(bootstrapSettings({ HOME: '/home/ada', ...variables }).external).toEqual(external);
});
