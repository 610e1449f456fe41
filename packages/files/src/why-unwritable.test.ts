import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whyUnwritable } from './index.ts';

test('a folder that can be written keeps nothing of the trial; another says why not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-files-'));
  try {
    expect(await whyUnwritable(folder)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    expect(await whyUnwritable(join(folder, 'file'))).toMatchObject({ code: 'ENOTDIR' });
    expect(await whyUnwritable(join(folder, 'absent'))).toMatchObject({ code: 'ENOENT' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

// The only file system that is read-only everywhere, for root as well.
test.skipIf(process.platform !== 'linux')('so does one on a disk that takes nothing', async () => {
  expect((await whyUnwritable('/proc'))?.code).toMatch(/^(EROFS|ENOENT|EACCES|EPERM)$/);
});
