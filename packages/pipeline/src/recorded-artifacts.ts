import { type BlobRef, canonicalJson, DamagedBlob, parseDocument } from '@atelier/artifacts';
import { isUserError, UserError } from '@atelier/errors';
import {
  decodeSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderLength,
} from '@atelier/safetensors';
import type { z } from 'zod';
import type { Store } from './run-store.ts';

/** An artifact is whole by its digest, but not what the record that names it promises. */
export class WrongArtifact extends UserError {
  /** What is wrong, in a few words. */
  readonly problem: string;

  /** @param name of the artifact, as in "its manifest" */
  constructor(name: string, problem: string, where?: string) {
    const short = `${name}: ${problem}`.replaceAll('\n', ';').slice(0, 300);
    super({
      what: 'A record names an artifact that is not what it should be.',
      ...(where !== undefined && { where }),
      found: short,
      remedy: 'start the run again: the record is looked at once more, and its work done again',
    });
    this.problem = short;
  }
}

/** Bytes of JSON that an artifact may have: the history of a hundred thousand epochs has half. */
const longestJson = 64 * 1024 ** 2;

/**
 * The value of a JSON artifact.
 * @param name as in "its manifest"
 * @param atMost bytes; of a longer one nothing is read
 * @throws WrongArtifact where it is of another kind, DamagedBlob where its bytes are others
 */
export async function readJson<T>(
  store: Pick<Store, 'getBlob'>,
  ref: BlobRef,
  schema: z.ZodType<T>,
  name: string,
  atMost = longestJson,
): Promise<T> {
  const where = `blob ${ref.sha256}`;
  if (ref.bytes > atMost) throw new WrongArtifact(name, `${ref.bytes} bytes are too many`, where);
  const { value, problem } = parseDocument(await store.getBlob(ref), schema);
  if (problem === undefined) return value;
  throw new WrongArtifact(name, problem, where);
}

/** Bytes that nearly every header fits in, so that one request brings it. */
const firstRead = 16 * 1024;
const longestHeader = 4 * 1024 ** 2;

/**
 * The header of a safetensors artifact, without its data, whose digest is not verified.
 * @param read what the header has to be the header of
 * @throws WrongArtifact where it is of another kind, DamagedBlob where it is missing or of another size
 */
export async function readHeader<T>(
  store: Store,
  ref: BlobRef,
  name: string,
  read: (header: SafetensorsHeader, where: string) => T,
): Promise<T> {
  const first = await readPart(store, ref, 0, firstRead);
  const length = decoded(name, () => safetensorsHeaderLength(first, ref.bytes, name));
  if (length > longestHeader) throw new WrongArtifact(name, `a header of ${length} bytes`);
  const start = length > first.length ? await readPart(store, ref, 0, length) : first;
  return decoded(name, () => read(decodeSafetensorsHeader(start, ref.bytes, name), name));
}

/**
 * Some of an artifact's bytes, not verified.
 * @throws DamagedBlob where it is missing or of another size
 */
export async function readPart(
  store: Store,
  ref: BlobRef,
  start: number,
  length: number,
): Promise<Buffer> {
  const part = await store.getBlobPart(ref, start, length);
  if (typeof part !== 'string') return part;
  throw new DamagedBlob(ref, part, { what: `A blob is ${part}.`, where: `blob ${ref.sha256}` });
}

/** What decoding gives. @throws WrongArtifact where these are not the bytes of such a thing */
export function decoded<T>(name: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (isUserError(error)) throw new WrongArtifact(name, error.message);
    throw error;
  }
}

/** @throws WrongArtifact where a value is not the one that follows from what the stage made */
export function claim(name: string, found: unknown, expected: unknown): void {
  if (plain(found) !== plain(expected))
    throw new WrongArtifact(name, 'it is not what the artifacts show');
}

// To nine digits: what another version of Node computes may differ in the last ones.
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Number(value.toPrecision(9)) : value;

const plain = (value: unknown): string =>
  canonicalJson(JSON.parse(JSON.stringify([value], rounded)));
