import { link, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { uniforms } from '@atelier/random';
import sharp from 'sharp';

export interface PictureKind {
  format: 'JPEG' | 'PNG';
  width: number;
  height: number;
  /** Levels of the grain, which decide how many bytes a picture has. */
  grain: number;
}

const classes = 10;

/**
 * Writes pictures that are as hard to decode as photographs are, into a folder for each of ten classes:
 * coarse shapes and fine grain, from a seed.
 * @param count files; those beyond `distinct` are other names of the first
 */
export async function makePictures(
  folder: string,
  kind: PictureKind,
  count: number,
  distinct = count,
): Promise<void> {
  const ending = kind.format === 'JPEG' ? 'jpg' : 'png';
  const place = (i: number): string =>
    path.join(folder, `class ${i % classes}`, `${String(i).padStart(6, '0')}.${ending}`);
  for (let c = 0; c < classes; c++)
    await mkdir(path.join(folder, `class ${c}`), { recursive: true });
  for (let i = 0; i < count; i++)
    if (i < distinct) await writeFile(place(i), await photo(kind, i));
    else await link(place(i % distinct), place(i));
}

/** A few colours drawn out to the whole, with grain over them. */
async function photo(kind: PictureKind, seed: number): Promise<Buffer> {
  const { format, width, height } = kind;
  const coarse = { width: 12, height: 9, channels: 3 as const };
  const shapes = await sharp(bytes(coarse.width * coarse.height * 3, seed, 256), { raw: coarse })
    .resize({ width, height, kernel: 'cubic' })
    .raw()
    .toBuffer();
  const grain = bytes(width * height, seed + 2 ** 20, kind.grain);
  for (let i = 0; i < shapes.length; i++)
    shapes[i] = Math.max(0, Math.min(255, shapes[i]! + grain[Math.floor(i / 3)]! - kind.grain / 2));
  const picture = sharp(shapes, { raw: { width, height, channels: 3 } }).blur(0.6);
  return format === 'JPEG'
    ? picture.jpeg({ quality: 90 }).toBuffer()
    : picture.png({ compressionLevel: 6, adaptiveFiltering: true }).toBuffer();
}

const bytes = (count: number, seed: number, below: number): Buffer =>
  Buffer.from(Uint8Array.from(uniforms(count, seed), (u) => below * u));
