import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { downloadFile, downloadText } from './download.ts';

const content = Buffer.from('the binary');
const sha256 = createHash('sha256').update(content).digest('hex');
let server: Server;
let base: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-download-'));
  server = createServer((request, response) => {
    if (request.url === '/file') return response.end(content);
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': content.length + 10 }).write(content);
      return setTimeout(() => response.destroy(), 20);
    }
    if (request.url === '/cut-text') {
      response.writeHead(200, { 'content-length': 100 }).write('abc');
      return setTimeout(() => response.destroy(), 20);
    }
    if (request.url === '/text') return response.end('é'.repeat(32 * 1024));
    if (request.url === '/long-text') return response.end('x'.repeat(64 * 1024 + 1));
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
  const path = join(folder, 'file');
  await downloadFile(`${base}/file`, path, sha256);
  expect(await readFile(path)).toEqual(content);
  await expect(downloadFile(`${base}/file`, path, '00'.repeat(32))).rejects.toThrow(
    /not what its publisher says[\s\S]*SHA-256 0000/,
  );
});

test.each([
  ['refused', '/absent', /was refused[\s\S]*404/],
  ['cut off', '/cut', /A download failed/],
])(
  'a download that is %s is the world’s failure and names its address',
  async (_, url, message) => {
    const attempt = downloadFile(`${base}${url}`, join(folder, 'x'), sha256);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ name: 'WorldError' });
    await expect(attempt).rejects.toThrow(url);
  },
);

test('a text of up to 64 KiB is downloaded', async () => {
  expect(await downloadText(`${base}/text`)).toBe('é'.repeat(32 * 1024));
});

test.each([
  ['refused', '/absent', /was refused[\s\S]*404/],
  ['cut off', '/cut-text', /A download failed/],
  ['too long', '/long-text', /longer than 64 KiB/],
])('a text that is %s is the world’s failure and names its address', async (_, url, message) => {
  const attempt = downloadText(`${base}${url}`);
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toMatchObject({ name: 'WorldError' });
  await expect(attempt).rejects.toThrow(url);
});

test('an address where nobody listens fails at once', async () => {
  const startedAt = performance.now();
  await expect(downloadText('http://127.0.0.1:9/x')).rejects.toThrow('A download failed');
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
