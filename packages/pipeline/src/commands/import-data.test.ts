import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDescriptor } from '@atelier/data';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { openConsole } from '../terminal/console.ts';
import { recordConsole } from '../terminal/console-record.ts';
import { readDataSource } from './data-source.ts';
import { importFrom, withData } from './import-command.ts';
import { importData } from './import-data.ts';

const arrays = fileURLToPath(new URL('../../../data/src/fixtures/one-set.npz', import.meta.url));
const others = fileURLToPath(new URL('../../../data/src/fixtures/keras.npz', import.meta.url));

test('any name may be given; what a person has written into the descriptor stays while the data does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-data-'));
  try {
    const path = join(folder, 'my set ü.json');
    const request = { source: readDataSource(arrays), flags: {}, path, replace: false };
    expect(await importData(request, openConsole(true))).toMatchObject({ isAsBefore: false });
    const { classes, files } = await readDescriptor(path);
    expect(classes).toEqual(['0', '1', '2']);
    expect(Object.values(files)[0]!.name).toMatch(/^my-set-u-[0-9a-f]{12}\.npz$/);

    const named = (await readFile(path, 'utf8')).replace('"0"', '"apple"');
    await writeFile(path, named);
    const { descriptor, changes, isAsBefore } = await importData(request, openConsole(true));
    expect({ changes, isAsBefore }).toEqual({ changes: [], isAsBefore: true });
    expect(descriptor.classes).toEqual(['apple', '1', '2']);
    expect(await readFile(path, 'utf8')).toBe(named);
    expect(await readdir(folder)).toHaveLength(2);

    // Whoever has put the descriptor aside keeps what it describes.
    await writeFile(join(folder, 'mine.json'), named);
    const another = { ...request, source: readDataSource(others), replace: true };
    const { descriptor: now } = await importData(another, openConsole(true));
    const names = [files, now.files].flatMap((of) => Object.values(of).map(({ name }) => name));
    const descriptors = ['mine.json', 'my set ü.json'];
    expect((await readdir(folder)).sort()).toEqual([...names, ...descriptors].sort());
    await importData({ ...request, replace: true }, openConsole(true));
    expect(await readdir(folder)).toHaveLength(3);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what a person is told to start with is the file that was written, as a shell takes it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  try {
    const lines: string[] = [];
    const console = { ...openConsole(true), line: (text = '') => void lines.push(text) };
    await importFrom(arrays, { out: join(folder, "it's mine") }, console);
    expect(lines.at(-1)).toMatch(/--dataset '.*it'\\''s mine\.json'$/);
    expect(await readdir(folder)).toContain("it's mine.json");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('classes that differ in case alone are told of; other flags are checked before pictures are read', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  try {
    for (const [name, shade] of Object.entries({ Cat: 10, cat: 60, dog: 110 }))
      for (let i = 0; i < 20; i++) {
        await mkdir(join(folder, name), { recursive: true });
        await writeFile(join(folder, name, `${i}.png`), await greyPng(shade + i));
      }
    const console = recordConsole();
    const wrong = withData({ data: folder, size: '4', recipe: 'of nobody' }, console);
    await expect(wrong).rejects.toThrow(/recipe cannot be read/);
    expect(console.lines).toEqual([]);

    await importFrom(folder, { out: join(folder, 'pets.json'), size: '4' }, console);
    expect(console.lines.filter((line) => line.startsWith('!'))).toEqual([
      '! Classes differ in upper and lower case alone: Cat, cat. Each is a class of its own.',
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an import that is refused leaves no folder behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  try {
    await mkdir(join(folder, 'photos'));
    const out = join(folder, 'new', 'pets.json');
    const refused = importFrom(join(folder, 'photos'), { out, size: '4' }, recordConsole());
    await expect(refused).rejects.toThrow('This folder has no classes');
    expect(await readdir(folder)).toEqual(['photos']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

const greyPng = (shade: number): Promise<Buffer> =>
  sharp(Buffer.alloc(16, shade), { raw: { width: 4, height: 4, channels: 1 } })
    .png()
    .toBuffer();
