import { UserError } from '@atelier/errors';
import { expect, test } from 'vitest';
import { explainFileError, fileFailure } from './file-failure.ts';

const failed = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

test('what only a person can mend is the user’s, a full or failing disk the world’s', () => {
  for (const code of ['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR'])
    expect(fileFailure(failed(code), '/cache/a.gz').name).toBe('UserError');
  for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE'])
    expect(fileFailure(failed(code), '/cache/a.gz').name).toBe('WorldError');
});

test.each([
  ['ENOSPC', 'The disk is full: the cache.', /free/],
  ['EACCES', 'Permission denied: the cache.', /access/],
  ['EROFS', 'The file system is read-only: the cache.', /another/],
])('%s says what to do about which file', (code, what, remedy) => {
  const error = Object.assign(failed(code), { path: '/cache/bin/x' });
  expect(fileFailure(error, '/cache', 'the cache').failure).toEqual({
    what,
    where: '/cache/bin/x',
    found: `${code}: it failed`,
    remedy: expect.stringMatching(remedy),
  });
  expect(explainFileError(error, '/cache', 'the cache')).toEqual(
    fileFailure(error, '/cache', 'the cache'),
  );
});

test('a folder that cannot be made is a refusal, although Node says that it does not exist', () => {
  const error = Object.assign(failed('ENOENT'), { syscall: 'mkdir', path: '/read-only/cache' });
  expect(explainFileError(error, '/read-only/cache/a', 'the cache')).toMatchObject({
    name: 'UserError',
    failure: {
      what: 'A folder cannot be made, as on a file system that is read-only: the cache.',
      where: '/read-only/cache',
      remedy: 'name a folder on another one',
    },
  });
});

test('without a purpose or a path, it is said without them', () => {
  expect(explainFileError(failed('ENOSPC'))).toMatchObject({
    failure: { what: 'The disk is full.' },
  });
  expect((explainFileError(failed('ENOSPC')) as UserError).failure).not.toHaveProperty('where');
});

test('an error that is explained already, or no matter of the disk, passes unchanged', () => {
  const explained = new UserError({ what: 'Something else.' });
  expect(fileFailure(explained, '/cache')).toBe(explained);
  for (const other of [failed('EMFILE'), failed('ENOENT'), new Error('no file'), undefined])
    expect(explainFileError(other)).toBe(other);
});
