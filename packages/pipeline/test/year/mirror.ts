import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type DatasetDescriptor, descriptorSchema } from '@atelier/data/descriptor';
import { syntheticDataset } from '@atelier/data/testing';

/** Where the dataset of the year is published. */
export interface Mirror {
  /** An edition's files and descriptor lie in a folder of its number. */
  folder: string;
  /** What it answers: files, a status, or the files of another edition. */
  answers: 'files' | 'others' | 404 | 503;
  /** Those that were published. */
  editions: DatasetDescriptor[];
  /** Publishes another edition: other files under the same name. */
  publish(): Promise<DatasetDescriptor>;
  close(): void;
}

/** @param name which no earlier dataset on this machine had: its files would be in the cache */
export async function openMirror(folder: string, name: string): Promise<Mirror> {
  const server = createServer(async (request, response) => {
    const { answers } = mirror;
    if (typeof answers === 'number') return void response.writeHead(answers).end();
    const path = join(folder, request.url ?? '');
    const bytes = await readFile(path).catch(() => undefined);
    // Of the same length, as a file is that was damaged or replaced.
    const sent = answers === 'others' ? bytes?.fill(1, bytes.length - 16) : bytes;
    response.writeHead(sent ? 200 : 404).end(sent);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const mirror: Mirror = {
    folder,
    answers: 'files',
    editions: [],
    async publish() {
      const edition = mirror.editions.length;
      const directory = join(folder, `${edition}`);
      const path = await syntheticDataset({ directory, name, train: 200, seed: edition });
      const made = descriptorSchema.parse(JSON.parse(await readFile(path, 'utf8')));
      const descriptor = { ...made, mirrors: [`http://127.0.0.1:${port}/${edition}`] };
      await writeFile(path, JSON.stringify(descriptor));
      mirror.editions.push(descriptor);
      return descriptor;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return mirror;
}
