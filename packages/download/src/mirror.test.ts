import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fileIn, mirrorSchema, parseMirror } from './mirror.ts';

test.each([
  ['file:///data', '/data/a.gz'],
  ['file:///data/', '/data/a.gz'],
  ['file:///', '/a.gz'],
  ['file:///a b', '/a b/a.gz'],
  ['file:///a%20b', '/a b/a.gz'],
  ['file:///a%23b%3Fc%25', '/a#b?c%/a.gz'],
  ['file:///Bücher/été', '/Bücher/été/a.gz'],
  ['file:///B%C3%BCcher', '/Bücher/a.gz'],
  ['file:///a@b:c;d=e&f+g', '/a@b:c;d=e&f+g/a.gz'],
  ["file:///it's [here] {now} |^`", "/it's [here] {now} |^`/a.gz"],
])('%s is the folder with %s', (address, path) => {
  expect(mirrorSchema.parse(address)).toBe(address);
  expect(fileURLToPath(fileIn(parseMirror(address), 'a.gz'))).toBe(path);
});

test.each([
  ['https://host', 'https://host/a.gz'],
  ['http://host:8080/a/', 'http://host:8080/a/a.gz'],
  ['https://host/a b', 'https://host/a%20b/a.gz'],
  ['http://[::1]:9000/x', 'http://[::1]:9000/x/a.gz'],
  ['https://host/~user/v@1', 'https://host/~user/v@1/a.gz'],
])('%s is the folder with %s', (address, file) => {
  expect(mirrorSchema.parse(address)).toBe(address);
  expect(fileIn(parseMirror(address), 'a.gz').href).toBe(file);
});

test.each([
  ['', /begins with http:\/\//],
  [`https://host/${'a'.repeat(2000)}`, /at most 2000 characters/],
  ['/data', /write file:\/\/\/data/],
  ['data', /begins with/],
  ['C:\\data', /begins with/],
  ['ftp://host/a', /begins with/],
  ['file:/data', /begins with/],
  ['FILE:///data', /begins with/],
  ['file://', /absolute path/],
  ['file://data', /absolute path/],
  ['file://./data', /absolute path/],
  ['file://localhost/data', /absolute path/],
  ['file://server/share', /absolute path/],
  ['file:///a#b', /fragment.*%23/s],
  ['file:///a?b', /query.*%3F/s],
  ['file:///a\\b', /%5C/],
  ['file:///C:/data', /Windows.*\/mnt\/c/s],
  ['file:///c|/data', /Windows/],
  ['file:///100%', /%25/],
  ['file:///a%2Fb', /%2F/],
  ['file:///a%00', /%00/],
  ['file:///%ff', /UTF-8/],
  ['file:///a\tb', /control/],
  ['file:///a\n', /control/],
  ['file:///a\x9b31m', /control/],
  ['file:///a%1B%5B31m', /control/],
  ['https://host/%c2%9b31m', /control/],
  ['https://host/a\u202eb', /invisible/],
  ['file:///a ', /%20/],
  ['https://host/a#b', /fragment/],
  ['https://host/?token=1', /query/],
  ['https://me:secret@host/', /user and password/],
  ['https://me@host', /user and password/],
  ['https:///a', /host/],
  ['http:///me:secret@host/', /host/],
  ['http://', /host/],
  ['http://a b/c', /host/],
  ['http://host:99999/', /host/],
])('%j is refused by name', (address, reason) => {
  const { error } = mirrorSchema.safeParse(address);
  expect(error?.issues[0]?.message).toMatch(reason);
  expect(() => parseMirror(address)).toThrow(reason);
  expect(() => parseMirror(address)).not.toThrow(/secret|token/);
});
