import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { syntheticDataset } from '@atelier/data/testing';

/** Where the dataset of the year is published, whose files are followed. */
export interface Mirror {
  dataset: string;
  /** Path of the descriptor. */
  descriptor: string;
  /** Which edition it has. */
  edition: 'first' | 'grown';
  /** Whether it has another dataset in its place. */
  isWrong: boolean;
  /** What it answers in the place of that. */
  status?: 404 | 503 | undefined;
  close(): void;
}

/** Images of an edition: as much more as data may grow, or so few that it is another dataset. */
const editions = { first: 600, grown: 630, wrong: 300 };

/** @param folder where it may write */
export async function openMirror(folder: string): Promise<Mirror> {
  const name = 'year';
  const server = createServer(async (request, response) => {
    const { status } = mirror;
    const edition = mirror.isWrong ? 'wrong' : mirror.edition;
    if (status !== undefined) return void response.writeHead(status).end();
    const etag = `"${edition}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    const bytes = await readFile(join(folder, edition, request.url ?? '')).catch(() => undefined);
    response.writeHead(bytes ? 200 : 404, { etag }).end(bytes);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  for (const [edition, train] of Object.entries(editions))
    await syntheticDataset({ directory: join(folder, edition), name, train });
  const descriptor = join(folder, 'first', `${name}.json`);
  const fixed = JSON.parse(await readFile(descriptor, 'utf8'));
  const files = Object.entries(fixed.files as Record<string, { name: string }>).map(
    ([role, file]) => [role, { name: file.name, follow: true }],
  );
  const mirrors = [`http://127.0.0.1:${port}`];
  await writeFile(
    descriptor,
    JSON.stringify({ ...fixed, mirrors, files: Object.fromEntries(files) }),
  );
  const mirror: Mirror = {
    ...{ dataset: name, descriptor },
    edition: 'first',
    isWrong: false,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return mirror;
}
