import { imageSize } from '@atelier/data/image-shape';
import { quoted, Refusal } from './refusal.ts';
import type { ServedModel } from './served-model.ts';

/** What a body may be. */
export const pictureTypes = /^(image\/[\w.+-]+|application\/octet-stream)$/;
export const bodyTypes =
  'Content-Type: image/png, image/jpeg, image/webp, image/gif, image/bmp or application/octet-stream, or application/json with {"pixels": […]}';

/**
 * The pixels of the image that is asked about.
 * @param body a picture's bytes, or what its JSON said
 * @throws Refusal that names what is wrong
 */
export async function pixelsOf(body: unknown, model: ServedModel): Promise<Uint8Array> {
  if (body === undefined)
    throw new Refusal(400, { what: 'The body is missing.', expected: bodyTypes });
  if (!Buffer.isBuffer(body)) return listedPixels(body, model);
  const decoded = await model.decode(body);
  if ('pixels' in decoded) return decoded.pixels;
  throw new Refusal(422, {
    what: 'The picture cannot be read.',
    expected: 'a PNG, JPEG, WebP, GIF or BMP picture',
    found: decoded.why,
  });
}

function listedPixels(body: unknown, { image }: ServedModel): Uint8Array {
  const size = imageSize(image);
  const { height, width, channels } = image;
  const refuse = (found: string): Refusal =>
    new Refusal(400, {
      what: 'These are not the pixels of an image.',
      expected: `{"pixels": […]}, one list of ${size} whole numbers from 0 to 255: ${height} rows of ${width} pixels of ${channels}, one after the other`,
      found,
    });
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw refuse(shown(body));
  const other = Object.keys(body).find((key) => key !== 'pixels');
  if (other !== undefined) throw refuse(`a field ${quoted(other)}`);
  const { pixels } = body as { pixels?: unknown };
  if (!Array.isArray(pixels)) throw refuse('no list of pixels');
  if (Array.isArray(pixels[0])) throw refuse('lists within the list');
  if (pixels.length !== size) throw refuse(`${pixels.length} values`);
  const wrong = pixels.findIndex((value) => !Number.isInteger(value) || value < 0 || value > 255);
  if (wrong < 0) return Uint8Array.from(pixels as number[]);
  throw refuse(`${shown(pixels[wrong])} at place ${wrong}, counted from 0`);
}

/** A value of JSON, however deep it is. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(value).slice(0, 40);
}

/**
 * How many classes an answer names.
 * @throws Refusal
 */
export function topOf(query: Readonly<Record<string, unknown>>, classes: number): number {
  const other = Object.keys(query).find((key) => key !== 'top');
  const { top } = query;
  if (other === undefined && top === undefined) return classes;
  if (other === undefined && typeof top === 'string' && /^[1-9]\d{0,5}$/.test(top))
    return Number(top);
  throw new Refusal(400, {
    what: 'The query cannot be used.',
    expected: '?top=N, the number of classes to name, at least 1; without it all are',
    found: quoted(other ?? String(top)),
  });
}
