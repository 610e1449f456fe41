import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  encodeDocument,
  epochCommitSchema,
  parseDocument,
  stageRecordSchema,
} from '@atelier/artifacts';
import { memoryObjects } from '@atelier/artifacts/testing';
import {
  decodeSplit,
  encodeShardedSplit,
  pathsIn,
  prepareDataset,
  readDescriptor,
  readOpenDescriptor,
} from '@atelier/data';
import { preparedDatasetSchema } from '@atelier/data/prepared-dataset';
import { syntheticDataset } from '@atelier/data/testing';
import { decodePredictions, selectionSchema, storedEvaluationSchema } from '@atelier/evaluate';
import { decodeModel } from '@atelier/model';
import { reportSchema } from '@atelier/report/schema';
import { decodeSafetensors } from '@atelier/safetensors';
import { environmentSchema } from '@atelier/tensorflow/environment';
import { decodeCheckpoint } from '@atelier/train';
import { epochMetricsSchema } from '@atelier/train/epochs';
import { z } from 'zod';
import { readOptions } from '../../src/configuration/read-options.ts';
import { readLatestRun } from '../../src/latest-run.ts';
import { parseEnvelope } from '../../src/provenance/envelope.ts';
import { changedSettings } from '../../src/record/changed-settings.ts';
import { readNotes } from '../../src/record/notes.ts';
import { readRunRecord } from '../../src/record/read-run-record.ts';
import { encodeMonth, monthSchema } from '../../src/record/run-index.ts';
import { runRecordSchema } from '../../src/record/run-record-schema.ts';
import { rowOf } from '../../src/record/run-row.ts';
import { runTagged } from '../../src/record/tags.ts';
import { readJson } from '../../src/recorded-artifacts.ts';
import { decisionAfter } from '../../src/registry/decision.ts';
import { makeAllKnown } from '../../src/registry/publish-champion.ts';
import { condemned, usualTerms } from '../../src/retention/condemned.ts';
import { readCensus } from '../../src/retention/read-census.ts';
import { openStoreOn, type Store, splitsOf } from '../../src/run-store.ts';
import { stagePlans } from '../../src/stages/index.ts';
import { readHistory } from '../../src/stages/train/history.ts';
import { importDecoders } from './import-decoders.ts';
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
    ...(await importDecoders(scratch)),
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
  const labels = Uint8Array.of(0, 1, 1);
  const head = encodeShardedSplit(
    {
      ...{ name: 'train', shape: { height: 1, width: 2, channels: 1 } },
      ...{ labels, indices: Int32Array.of(0, 1, 2) },
    },
    [{ sha256: '0'.repeat(64), bytes: 100, count: 3 }],
  );
  const predictions = blob('evaluate', 'predictions');
  const model = blob('select', 'model');
  const where = 'the input';
  return [
    {
      name: 'safetensors',
      seeds: [predictions, model],
      decode: (bytes) => decodeSafetensors(bytes, where),
    },
    { name: 'split', seeds: [split, head], decode: (bytes) => decodeSplit(bytes, where) },
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
  if (descriptor.format !== undefined) throw new Error('The synthetic dataset is not one of IDX');
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

function firstDecision() {
  const candidate = { run: 'a', model: { sha256: 'a'.repeat(64), bytes: 1 } };
  const by = { decidedBy: { kind: 'person' as const }, reason: 'better' };
  return decisionAfter(undefined, { outcome: 'first', candidate, ...by }, new Date(0));
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
    fromFile('descriptor', readOpenDescriptor),
    fromFile('configuration', (file) =>
      readOptions({ file, flags: [], workingDirectory: scratch, workspace }),
    ),
  ];
}

/** Documents in the store. */
function recordDecoders(): Decoder[] {
  const { blob, commit, gateRecord, record, runFile } = recordedStore();
  const epochs = { metrics: epochMetricsSchema, environment: environmentSchema };
  const documentOf = (name: string, seed: Uint8Array, schema: z.ZodType): Decoder => ({
    name,
    seeds: [seed],
    decode: (bytes) => parseDocument(Buffer.from(bytes), schema),
  });
  /** A store in which every run's file, or every blob, is the input. */
  const storeOf = (bytes: Uint8Array): Pick<Store, 'readRunDocument' | 'getBlob'> => ({
    readRunDocument: async (_run, _name, schema) => {
      const content = Buffer.from(bytes);
      return { etag: '', content, ...parseDocument(content, schema) };
    },
    getBlob: async () => Buffer.from(bytes),
  });
  const ref = { sha256: '', bytes: 0 };
  const artifactOf = (stage: string, output: string, schema: z.ZodType): Decoder => ({
    name: `artifact-${output}`,
    seeds: [blob(stage, output)],
    decode: (bytes) => readJson(storeOf(bytes), ref, schema, output),
  });
  return [
    ...stagePlans.map(({ name, record: schemas }) =>
      documentOf(
        `record-${name}`,
        name === 'promote' ? gateRecord() : record(name),
        stageRecordSchema(schemas),
      ),
    ),
    documentOf('record-epoch', commit, epochCommitSchema(epochs)),
    {
      name: 'run-record',
      seeds: [runFile('run.json'), runFile('training.json')],
      decode: (bytes) => splitsOf(storeOf(bytes), 'run'),
    },
    {
      name: 'run-page',
      seeds: [runFile('run.json')],
      async decode(bytes) {
        const record = await readRunRecord({ ...storeOf(bytes), bucket: '' }, 'run');
        return [rowOf(record, ['testAccuracy']), changedSettings(record.configuration)];
      },
    },
    {
      name: 'run-index',
      seeds: [indexOf(runFile('run.json'))],
      decode: (bytes) => parseDocument(Buffer.from(bytes), monthSchema),
    },
    {
      name: 'notes',
      seeds: [
        Buffer.from('{"schemaVersion":1,"notes":[{"at":"2026-11-27T12:00:00Z","text":"a"}]}'),
      ],
      decode: (bytes) => readNotes(storeOf(bytes), 'run'),
    },
    {
      name: 'tag',
      seeds: [Buffer.from('{"schemaVersion":1,"runId":"a","taggedAt":"2026-11-27T12:00:00Z"}')],
      decode(bytes) {
        const { value = null, problem } = parseDocument(Buffer.from(bytes), z.json());
        const pointer = { target: value, version: '', ...(problem !== undefined && { problem }) };
        return runTagged({ readPointer: async () => pointer }, 'best');
      },
    },
    {
      name: 'pointer',
      seeds: [Buffer.from('{"runId":"a","startedAt":"2026-11-27T12:00:00.000Z"}')],
      decode(bytes) {
        const { value = null, problem } = parseDocument(Buffer.from(bytes), z.json());
        const pointer = { target: value, version: '', ...(problem !== undefined && { problem }) };
        return readLatestRun({ ...storeOf(bytes), readPointer: async () => pointer });
      },
    },
    {
      // The log of what is in use, its pointer and the manifest for services.
      name: 'registry',
      seeds: [
        encodeDocument(firstDecision()),
        Buffer.from('{"schemaVersion":1,"number":1,"since":1}'),
      ],
      async decode(bytes) {
        const objects = memoryObjects();
        for (const key of ['registry/champions/d/champion', 'registry/champions/d/champion/000001'])
          objects.seed(`${key}.json`, Buffer.from(bytes));
        objects.seed('champion/d/champion/manifest.json', Buffer.from(bytes));
        return makeAllKnown(openStoreOn(objects));
      },
    },
    artifactOf('data', 'manifest', preparedDatasetSchema),
    artifactOf('select', 'selection', selectionSchema),
    artifactOf('evaluate', 'evaluation', storedEvaluationSchema),
    artifactOf('report', 'json', reportSchema),
    {
      name: 'artifact-history',
      seeds: [blob('train', 'history')],
      decode: (bytes) => readHistory(storeOf(bytes), ref),
    },
    {
      // All that a sweep reads, whichever of them it is.
      name: 'census',
      seeds: [runFile('run.json'), runFile('training.json'), record('train'), commit],
      async decode(bytes) {
        const objects = memoryObjects();
        const training = 'a'.repeat(64);
        for (const key of [
          ...['runs/a/run.json', 'runs/a/training.json', 'runs/a/stages/data.json'],
          ...[`stages/train/${training}.json`, `stages/train/${training}/thinned.json`],
          ...[`stages/train/${training}/epochs/0001.json`, 'registry/latest.json'],
          'registry/champions/d/champion/000001.json',
        ])
          objects.seed(key, Buffer.from(bytes));
        const census = await readCensus(openStoreOn(objects));
        return condemned(census, { ...usualTerms, removing: new Set(['a']), now: Date.now() });
      },
    },
    {
      name: 'thinned',
      seeds: [
        Buffer.from(`{"schemaVersion":1,"checkpoints":[{"epoch":1,"sha256":"${'a'.repeat(64)}"}]}`),
      ],
      decode(bytes) {
        const objects = memoryObjects();
        objects.seed('stages/train/t/thinned.json', Buffer.from(bytes));
        return openStoreOn(objects).readThinned('t');
      },
    },
    {
      name: 'sweep',
      seeds: [
        Buffer.from(
          '{"schemaVersion":1,"by":"1@a","until":"2026-11-27T12:00:00Z","runs":["a"],"keys":["b"]}',
        ),
      ],
      decode(bytes) {
        const objects = memoryObjects();
        objects.seed('retention/sweep.json', Buffer.from(bytes));
        return openStoreOn(objects).readSweep();
      },
    },
    {
      name: 'signature',
      seeds: [],
      decode: (bytes) => parseEnvelope(Buffer.from(bytes)),
    },
  ];
}

/** The month of a run's record, as the index has it. */
const indexOf = (record: Uint8Array): Uint8Array =>
  encodeMonth([rowOf(runRecordSchema.parse(JSON.parse(record.toString())), ['testAccuracy'])]);
