import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import {
  decodePicture,
  importArrays,
  openPictureTables,
  readTable,
  UnusablePicture,
} from '@atelier/data/decoders';
import type { Target } from './targets.ts';

/** What programs of others wrote, with which the formats' own tests begin. */
const fixture = (name: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../../../data/src/fixtures/${name}`, import.meta.url)));

type Decoder = Omit<Target, 'site'>;

/** The files that become datasets: arrays, tables and pictures. */
export async function importDecoders(scratch: string): Promise<Decoder[]> {
  return [
    await arrays('npz', scratch, ['keras.npz', 'one-set.npz']),
    await arrays('safetensors', scratch, ['sets.safetensors']),
    await table('csv', scratch, []),
    await table('parquet', scratch, [
      ...['none.parquet', 'snappy.parquet', 'gzip.parquet', 'brotli.parquet', 'zstd.parquet'],
      ...['numbers.parquet', 'missing.parquet'],
    ]),
    await picturesWithin(scratch, ['snappy', 'zstd', 'gzip']),
    picture('png', withChecksums),
    ...['jpeg', 'webp', 'gif', 'bmp'].map((format) => picture(format)),
  ];
}

const arrays = async (
  format: 'npz' | 'safetensors',
  scratch: string,
  seeds: readonly string[],
): Promise<Decoder> => ({
  name: `arrays-${format}`,
  seeds: await Promise.all(seeds.map(fixture)),
  async decode(bytes) {
    const [path, directory] = [join(scratch, `arrays.${format}`), join(scratch, `of-${format}`)];
    await mkdir(directory, { recursive: true });
    await writeFile(path, bytes);
    try {
      const job = { directory, format, path, name: 'arrays', title: 'Arrays' };
      return await importArrays(job, new AbortController().signal);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
});

const table = async (
  ending: string,
  scratch: string,
  seeds: readonly string[],
): Promise<Decoder> => ({
  name: `table-${ending}`,
  seeds: await Promise.all(seeds.map(fixture)),
  async decode(bytes) {
    const path = join(scratch, `table.${ending}`);
    await writeFile(path, bytes);
    return readTable(path);
  },
});

const picturesWithin = async (
  scratch: string,
  compressions: readonly string[],
): Promise<Decoder> => ({
  name: 'pictures-parquet',
  seeds: await Promise.all(compressions.map((name) => fixture(`pictures-${name}.parquet`))),
  async decode(bytes) {
    const path = join(scratch, 'pictures.parquet');
    await writeFile(path, bytes);
    const found = await openPictureTables(dirname(path), path);
    let total = 0;
    for await (const file of found?.pictures ?? [])
      total += 'bytes' in file ? file.bytes.length : 0;
    return total;
  },
});

/** So few that what a picture may take stays below what an input may. */
const limits = { pixels: 2 ** 20, seconds: 60 };

const picture = (format: string, mended = (bytes: Buffer) => bytes): Decoder => ({
  name: `picture-${format}`,
  seeds: [],
  async decode(bytes) {
    const form = { shape: { height: 5, width: 5, channels: 3 }, fit: 'cover' as const };
    try {
      return await decodePicture(mended(Buffer.from(bytes)), form, limits);
    } catch (error) {
      // What a person is told of a picture that is left out.
      if (!(error instanceof UnusablePicture)) throw error;
    }
  },
});

/** With every chunk's checksum made right, without which a changed PNG would be looked at no further. */
function withChecksums(bytes: Buffer): Buffer {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}
