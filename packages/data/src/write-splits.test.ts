import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Split, SplitName } from './split.ts';
import { writeSplits } from './write-splits.ts';

/** An unhandled rejection fails the run of the tests. */
test('where nothing can be written one failure is told, and no other is left over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'write-splits-'));
  try {
    await writeFile(join(folder, 'file'), '');
    const split = (name: SplitName): Split => ({
      ...{ name, shape: { height: 1, width: 1, channels: 1 }, images: Uint8Array.of(7) },
      ...{ labels: Uint8Array.of(0), indices: Int32Array.of(0) },
    });
    const splits = { train: split('train'), validation: split('validation'), test: split('test') };
    await expect(writeSplits(splits, join(folder, 'file', 'below'))).rejects.toThrow(/ENOTDIR/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
