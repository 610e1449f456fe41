import { UserError } from '@atelier/errors';
import { expect, test } from 'vitest';
import { explainFileError } from './file-errors.ts';

const failure = (code: string) => Object.assign(new Error(code), { code, path: '/cache/bin/x' });

test.each([
  ['ENOSPC', 'The disk is full'],
  ['EACCES', 'Permission denied'],
  ['EROFS', 'The file system is read-only'],
])('%s says what to do about which file', (code, what) => {
  const explained = explainFileError(failure(code), '/cache', 'the cache') as UserError;
  expect(explained).toBeInstanceOf(UserError);
  expect(explained.failure).toMatchObject({ what: `${what}: the cache`, where: '/cache/bin/x' });
  expect(explained.failure.remedy).toBeTruthy();
});

test('other errors pass unchanged', () => {
  const other = failure('EMFILE');
  expect(explainFileError(other, '/cache', 'the cache')).toBe(other);
});
