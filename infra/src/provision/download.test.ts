import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { downloadPublished } from './download.ts';

const content = Buffer.from('the binary');
const sha256 = createHash('sha256').update(content).digest('hex');
let server: Server;
let base: string;
let folder: string;
let settings: Parameters<typeof downloadPublished>[3];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-download-'));
  settings = { cacheDirectory: join(folder, 'cache'), proxies: { exceptions: [] } };
  server = createServer((request, response) => {
    if (request.url === '/file') return response.end(content);
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': content.length + 10 }).write('abc');
      return setTimeout(() => response.destroy(), 20);
    }
    return response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

test('a file is downloaded and held against its checksum', async () => {
  const path = join(folder, 'file.draft-1');
  await downloadPublished(`${base}/file`, path, sha256, settings);
  expect(await readFile(path)).toEqual(content);
  const other = downloadPublished(`${base}/file`, join(folder, 'x'), '00'.repeat(32), settings);
  await expect(other).rejects.toThrow(/not what its publisher says[\s\S]*SHA-256 0000/);
});

test.each([
  ['refused', '/absent', /A download failed[\s\S]*404/],
  ['cut off', '/cut', /A download failed/],
])(
  'a download that is %s is the world’s failure and names its address',
  async (_, url, message) => {
    const attempt = downloadPublished(`${base}${url}`, join(folder, 'x'), sha256, settings);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ name: 'WorldError' });
    await expect(attempt).rejects.toThrow(url);
  },
);

test('what arrived before a connection broke is kept in the cache', async () => {
  const downloads = await readdir(join(settings.cacheDirectory, 'downloads'));
  expect(downloads).toEqual([`cut.${sha256.slice(0, 12)}.part`]);
});

test('an address where nobody listens fails at once', async () => {
  const startedAt = performance.now();
  const file = downloadPublished('http://127.0.0.1:2/x', join(folder, 'x'), sha256, settings);
  await expect(file).rejects.toThrow('A download failed');
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});
