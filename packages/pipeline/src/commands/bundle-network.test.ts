import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runModule } from '@atelier/model';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleNetwork } from './bundle-network.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-network-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(at: string, files: Record<string, string>): Promise<string> {
  await mkdir(join(folder, at), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, at, name), text);
  return join(folder, at, 'mine.ts');
}

const files = {
  'mine.ts': "import { width } from './sizes.ts';\nexport const twice: number = 2 * width;\n",
  'sizes.ts': 'export const width: number = 21;\n',
};

test('a module and what it imports are one text, the same wherever they lie', async () => {
  const { name, source } = await bundleNetwork(await written('a', files));
  expect(runModule(source, name).twice).toBe(42);
  expect((await bundleNetwork(await written('b', files))).source).toBe(source);
  const other = { ...files, 'sizes.ts': 'export const width: number = 22;\n' };
  expect((await bundleNetwork(await written('c', other))).source).not.toBe(source);
});

test('what cannot be read is said with its place, and so is what throws', async () => {
  const refused = async (at: string, changed: Partial<typeof files>) => {
    const file = await written(at, { ...files, ...changed });
    return bundleNetwork(file).then(
      ({ source }) => runModule(source, 'mine.ts'),
      (error: unknown) => Promise.reject(error),
    );
  };
  await expect(refused('d', { 'sizes.ts': 'export const width = ;' })).rejects.toThrow(
    /cannot be read: Unexpected ";"[\s\S]*sizes\.ts:1:22/,
  );
  await expect(refused('e', { 'mine.ts': "import './none.ts';" })).rejects.toThrow(/none\.ts/);
  await expect(
    refused('f', {
      'sizes.ts': "\n\nthrow new Error('no size');\nexport const width: number = 1;",
    }),
  ).rejects.toThrow(/module fails: no size[\s\S]*where: sizes\.ts:3:7/);
  await expect(
    refused('h', { 'sizes.ts': "export const width = 1;\nvoid import('node:fs');" }),
  ).rejects.toThrow(/It imports "node:fs" while it runs[\s\S]*sizes\.ts:2:13/);
  await expect(bundleNetwork(join(folder, 'nowhere.ts'))).rejects.toThrow(/nowhere\.ts/);
  const long = `export const text = '${'x'.repeat(300_000)}';`;
  await expect(refused('g', { 'mine.ts': long })).rejects.toThrow(/too long/);
});
