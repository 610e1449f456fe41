import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { picturesIn } from '@atelier/data';
import { importFolder, loadPlainDecoder } from '@atelier/data/decoders';
import sharp from 'sharp';
import { print } from './command.ts';

/**
 * Makes a folder of pictures smaller: `pictures-child.ts FOLDER SIZE atelier|sharp`. As `atelier import` does
 * in its child process, or by sharp's decoding and resizing alone, which is what an import is built on.
 * Prints {"seconds", "pictures", "peakBytes"} as JSON.
 */
const [folder, size, how] = [process.argv[2]!, Number(process.argv[3]), process.argv[4]];
// As torch is loaded before ImageFolder's time begins.
if (how === 'atelier') loadPlainDecoder();
const began = performance.now();
const pictures = how === 'sharp' ? await decodeAll() : await importAll();
const seconds = (performance.now() - began) / 1000;
const status = await readFile('/proc/self/status', 'latin1').catch(() => '');
const peakBytes = 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
print(JSON.stringify({ seconds, pictures, peakBytes }));

async function importAll(): Promise<number> {
  const directory = await mkdtemp(path.join(tmpdir(), 'atelier-imported-'));
  try {
    const job = {
      ...{ folder, directory, name: 'pictures', title: 'Pictures', fit: 'cover' as const },
      shape: { height: size, width: size, channels: 3 },
    };
    const { list } = await importFolder(job, new AbortController().signal, () => {});
    return list.pictures.length;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/**
 * Two pictures at a time, as an import has them on one core, with sharp as the import's own decoder has
 * set it (no cache, one thread a picture); nothing is hashed, checked or kept.
 */
async function decodeAll(): Promise<number> {
  const files = await picturesIn(folder);
  const decode = (file: string) => sharp(file).resize(size, size).raw().toBuffer();
  for (let i = 0; i < files.length; i += 2) await Promise.all(files.slice(i, i + 2).map(decode));
  return files.length;
}
