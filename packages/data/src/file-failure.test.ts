import { expect, test } from 'vitest';
import { fileFailure } from './file-failure.ts';

const failed = (code: string) =>
  fileFailure(Object.assign(new Error(`${code}: it failed`), { code }), '/cache/a.gz');

test('what only a person can mend is the user’s, a full or failing disk the world’s', () => {
  for (const code of ['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR'])
    expect(failed(code).name).toBe('UserError');
  for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE'])
    expect(failed(code).name).toBe('WorldError');
});

test('the path, the reason and the remedy are told', () => {
  expect(failed('ENOSPC').failure).toMatchObject({
    what: 'The disk is full.',
    where: '/cache/a.gz',
    found: 'ENOSPC: it failed',
    remedy: expect.stringContaining('free'),
  });
  expect(failed('EACCES').message).toContain('Permission denied');
});
