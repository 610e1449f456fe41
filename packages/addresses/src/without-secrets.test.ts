import { expect, test } from 'vitest';
import { withoutSecrets } from './without-secrets.ts';

test.each([
  ['https://me:hush@host/a', 'https://…@host/a'],
  ['http:///me:hush@host/', 'http:///…@host/'],
  ['http:/me:hush@host/', 'http:/…@host/'],
  ['http:me:hush@host', '…@host'],
  ['me:hush@host:7233', '…@host:7233'],
  ['https://me:hu/sh@host', 'https://…@host'],
  ['https://me:hu#sh?@host', 'https://…'],
  ['https://me:hu@sh@host/', 'https://…@host/'],
  ['https://host/?token=hush', 'https://host/…'],
  ['https://host/a#token=hush', 'https://host/a…'],
  ['https://host/?a@b=hush', 'https://…'],
  ['https://host:9000/a', 'https://host:9000/a'],
  ['', ''],
])('%j is shown without what may be a secret', (address, shown) => {
  expect(withoutSecrets(address)).toBe(shown);
});
