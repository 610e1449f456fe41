import { dirname, join } from 'node:path';
import { UserError } from '@atelier/errors';
import { failureFrom } from '@atelier/errors/testing';
import { expect, test } from 'vitest';
import { datasetName, readDataSource, toldByAddress } from './data-source.ts';

test.each([
  ['s3://my.bucket/a photo/of 100 %', 'folder', 'of-100', 'of 100 %'],
  ['s3://bucket', 'folder', 'bucket', 'bucket'],
  ['s3://bucket/x/labels.parquet', 'table', 'labels', 'labels.parquet'],
  ['https://example.org/a/mnist.npz', 'npz', 'mnist', 'mnist.npz'],
  ['http://example.org/my%20labels.csv', 'table', 'my-labels', 'my labels.csv'],
  ['http://example.org/..%2f..%2fpasswd.csv', 'table', '2f..-2fpasswd', '..%2f..%2fpasswd.csv'],
])('%s is a %s', (given, kind, name, file) => {
  const source = readDataSource(given);
  expect(source).toMatchObject({ given, kind });
  expect(datasetName(source)).toBe(name);
  expect(source.path.split('/').at(-1)).toBe(file);
});

test.each([
  ['s3://bucket/photos/', '', 'a/1.png', 's3://bucket/photos/a/1.png'],
  [
    'https://example.org/x/labels.csv',
    'files.table',
    'labels.csv',
    'https://example.org/x/labels.csv',
  ],
  ['s3://bucket/a b/mnist.npz', 'files', 'mnist.npz', 's3://bucket/a b/mnist.npz'],
  ['s3://bucket/a$&b/', '', '1.png', 's3://bucket/a$&b/1.png'],
])('what is wrong in %s is told by its address', (given, folder, file, where) => {
  const source = readDataSource(given);
  const base = source.kind === 'folder' ? source.path : join(dirname(source.path), '..', folder);
  const wrong = (found: string): UserError =>
    new UserError({ what: 'It is wrong.', where: `${join(base, file)}, row 1`, found });
  expect(toldByAddress(wrong('x'), source)).toMatchObject({
    failure: { what: 'It is wrong.', where: `${where}, row 1`, found: 'x' },
  });
  const denied = wrong('EACCES: permission denied');
  expect(toldByAddress(denied, source)).toBe(denied);
});

test.each([
  ['https://example.org/photos/', /Nobody lists/],
  ['https://user:secret@example.org/a.npz', /not the address of a file/],
  ['https://example.org/a.npz?token=secret', /not the address of a file/],
  ['s3://key:secret@bucket/x', /not the address of objects/],
  ['S3://bucket/x', /not the address of objects/],
  ['s3://B/x', /not the address of objects/],
  ['s3://bucket/../other/x', /not the address of objects/],
  ['s3://bucket/a//b', /not the address of objects/],
  ['README.md', /no dataset/],
  ['nowhere/photos', /does not exist/],
  ['nowhere/arrays.npz', /does not exist/],
  ['ftp://me:secret@example.org/a.npz', /does not exist/],
  ['README.md/photos', /file stands where a folder/],
  ['/dev/zero', /neither a file nor a folder/],
])('%s is refused', async (given, what) => {
  const failure = await failureFrom(
    UserError,
    Promise.resolve().then(() => readDataSource(given)),
  );
  expect(failure.what).toMatch(what);
  expect(JSON.stringify(failure)).not.toContain('secret');
});
