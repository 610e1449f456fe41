import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { importFolder } from '@atelier/data/decoders';
import { print } from './command.ts';

/**
 * Imports a folder of pictures as `atelier import` does in its child process: `pictures-child.ts FOLDER
 * SIZE`. Prints {"seconds", "pictures", "peakBytes"} as JSON.
 */
const [folder, size] = [process.argv[2]!, Number(process.argv[3])];
const directory = await mkdtemp(path.join(tmpdir(), 'atelier-imported-'));
try {
  const job = {
    ...{ folder, directory, name: 'pictures', title: 'Pictures', fit: 'cover' as const },
    shape: { height: size, width: size, channels: 3 },
  };
  const began = performance.now();
  const { list } = await importFolder(job, new AbortController().signal, () => {});
  const seconds = (performance.now() - began) / 1000;
  const status = await readFile('/proc/self/status', 'latin1').catch(() => '');
  const peakBytes = 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
  print(JSON.stringify({ seconds, pictures: list.pictures.length, peakBytes }));
} finally {
  await rm(directory, { recursive: true });
}
