import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { decodeSplit } from '@atelier/data';
import { type ImageShape, imageSize } from '@atelier/data/image-shape';
import { isUserError, UserError, WorldError } from '@atelier/errors';
import { decodeModel, loadNetwork, NoListOfLayers } from '@atelier/model';
import { serveParent } from '@atelier/subprocess';
import { exportedModel, type TrainedModel } from './exported-model.ts';
import type { ExportFormat, Files } from './formats/format.ts';
import { formats } from './formats/index.ts';
import type { ReadBack, ReadBackJob } from './read-back.ts';

/** Images at a time, between which it says how far it is. */
const batch = 250;

serveParent<ReadBackJob, { done: number }, ReadBack>(async (job, { send, signal }) => {
  const { format, path, splitPath, shards = [splitPath], python } = job;
  const partOf = async (part: string) => decodeSplit(await readFile(part), part);
  const { shape } = await partOf(shards[0]!);
  const written = await write(job, shape);
  const reader = await byReader(() => formats[format].read(path, shape, python));
  const size = imageSize(shape);
  const found: Float32Array[] = [];
  try {
    let done = 0;
    // One after the other, so that one is held.
    for (const shard of shards) {
      const { images, labels } = await partOf(shard);
      for (let from = 0; from < labels.length; from += batch) {
        signal.throwIfAborted();
        const to = Math.min(from + batch, labels.length);
        const pixels = images.subarray(from * size, to * size);
        found.push(await byReader(() => reader.probabilities(pixels)));
        await send({ done: done + to });
      }
      done += labels.length;
    }
  } finally {
    reader.close?.();
  }
  const all = new Float32Array(found.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of found) {
    all.set(part, at);
    at += part.length;
  }
  return { written, reader: reader.name, found: all };
});

/** @throws UserError with what a reader, which is another's program, refuses an export for */
async function byReader<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (isUserError(cause) || cause instanceof WorldError) throw cause;
    throw new UserError(
      {
        what: "The format's own reader does not take the export, which was not written.",
        found: (cause as Error).message,
        remedy: 'take another format; please report this, with the run',
      },
      { cause },
    );
  }
}

async function write(
  { format, path, write: of }: ReadBackJob,
  shape: ImageShape,
): Promise<string[]> {
  if (of === undefined) return [];
  const { modelPath, ...rest } = of;
  const model = decodeModel(await readFile(modelPath), `the model of run ${of.origin.run}`);
  loadNetwork(model);
  const files = Object.entries(await encode(formats[format], { ...rest, model, shape }));
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  }
  return files.map(([name]) => name);
}

/** As a list of plain operations where the network is one. */
async function encode(format: ExportFormat, model: TrainedModel): Promise<Files> {
  try {
    return format.encode(exportedModel(model));
  } catch (error) {
    if (error instanceof NoListOfLayers && format.encodeTraced) return format.encodeTraced(model);
    throw error;
  }
}
