import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument, stageRecordSchema } from '@atelier/artifacts';
import { decodeSplit, pathsIn, prepareDataset, readDescriptor } from '@atelier/data';
import { syntheticDataset } from '@atelier/data/testing';
import { decodePredictions } from '@atelier/evaluate';
import { decodeModel } from '@atelier/model';
import { decodeSafetensors } from '@atelier/safetensors';
import { decodeCheckpoint } from '@atelier/train';
import { readOptions } from '../../src/configuration/read-options.ts';
import { stagePlans } from '../../src/stages/index.ts';
import { recordedStore } from './recorded-store.ts';
import { seedFiles } from './seed-files.ts';

/** A decoder of bytes that others made. */
export interface Target {
  name: string;
  /** Inputs that it should understand, and hostile ones that it once did not refuse well. */
  seeds: readonly Uint8Array[];
  decode(bytes: Uint8Array): unknown;
  /** Names the stream of random numbers that its inputs are made by. */
  site: number;
}

type Decoder = Omit<Target, 'site'>;

const workspace = fileURLToPath(new URL('../../../../', import.meta.url));

/** @param scratch a folder for files that a decoder reads */
export async function openTargets(scratch: string): Promise<Target[]> {
  const decoders = [
    ...tensorDecoders(),
    ...(await datasetDecoders(scratch)),
    ...personDecoders(scratch),
    ...recordDecoders(),
  ];
  return decoders.map((decoder, site) => ({
    ...decoder,
    seeds: [...decoder.seeds, ...seedFiles(decoder.name)],
    site,
  }));
}

/** Files of tensors: what a store, or whoever hands somebody a model, may hold. */
function tensorDecoders(): Decoder[] {
  const { blob, checkpoint } = recordedStore();
  const split = blob('data', 'validation');
  const predictions = blob('evaluate', 'predictions');
  const model = blob('select', 'model');
  const where = 'the input';
  return [
    {
      name: 'safetensors',
      seeds: [predictions, model],
      decode: (bytes) => decodeSafetensors(bytes, where),
    },
    { name: 'split', seeds: [split], decode: (bytes) => decodeSplit(bytes, where) },
    {
      name: 'predictions',
      seeds: [predictions],
      decode: (bytes) => decodePredictions(bytes, where),
    },
    { name: 'model', seeds: [model, checkpoint], decode: (bytes) => decodeModel(bytes, where) },
    { name: 'checkpoint', seeds: [checkpoint], decode: (bytes) => decodeCheckpoint(bytes, where) },
  ];
}

/** The files of a small dataset, one of which is the input. */
async function datasetDecoders(scratch: string): Promise<Decoder[]> {
  const directory = join(scratch, 'dataset');
  const size = { train: 12, test: 8, classes: 2, height: 4, width: 4 };
  const descriptor = await readDescriptor(await syntheticDataset({ directory, ...size }));
  const paths = pathsIn(directory, descriptor);
  const decoderOf = async (role: keyof typeof descriptor.files): Promise<Decoder> => {
    const path = join(scratch, role);
    return {
      name: `dataset-${role}`,
      seeds: [await readFile(paths[role]!)],
      async decode(bytes) {
        await writeFile(path, bytes);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const file = { name: role, bytes: bytes.length, sha256 };
        await prepareDataset({
          descriptor: { ...descriptor, files: { ...descriptor.files, [role]: file } },
          files: { ...paths, [role]: path },
          splitSeed: 1,
        });
      },
    };
  };
  return [await decoderOf('trainImages'), await decoderOf('testLabels')];
}

/** What a person writes, or is handed by another one. */
function personDecoders(scratch: string): Decoder[] {
  const fromFile = (name: string, read: (path: string) => Promise<unknown>): Decoder => ({
    name,
    seeds: [],
    async decode(bytes) {
      const path = join(scratch, name);
      await writeFile(path, bytes);
      await read(path);
    },
  });
  return [
    fromFile('descriptor', readDescriptor),
    fromFile('configuration', (file) =>
      readOptions({ file, flags: [], workingDirectory: scratch, workspace }),
    ),
  ];
}

/** Documents in the store. */
function recordDecoders(): Decoder[] {
  const { record } = recordedStore();
  return stagePlans.map(({ name, record: schemas }) => ({
    name: `record-${name}`,
    seeds: [record(name)],
    decode: (bytes) => parseDocument(Buffer.from(bytes), stageRecordSchema(schemas)),
  }));
}
