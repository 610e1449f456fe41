import type { BlobRef } from '@atelier/artifacts';
import { expect, test } from 'vitest';
import type { Store } from '../run-store.ts';
import { readStoredRun } from './stored-run.ts';

const ref = (digit: string, bytes = 10): BlobRef => ({ sha256: digit.repeat(64), bytes });
const stage = (outputs: Record<string, BlobRef>) => ({
  ...{ fingerprint: 'f'.repeat(64), seconds: 1, madeBy: 'r', outputs },
  cache: { hit: false, why: 'new' },
});
const manifest = {
  schemaVersion: 1,
  ...{ name: 'pets', title: 'Pets', classes: ['cat', 'dog'], height: 4, width: 4, source: 'here' },
  ...{ licence: 'MIT', sources: {}, splitSeed: 1, validationMembers: 'AA==' },
  normalisation: { mean: 0.5, std: 0.25 },
  splits: Object.fromEntries(
    ['train', 'validation', 'test'].map((name) => [name, { count: 2, classCounts: [1, 1] }]),
  ),
  contract: {
    classBalance: Object.fromEntries(
      ['train', 'validation', 'test'].map((name) => [
        name,
        { smallest: 1, largest: 1, emptyClasses: [] },
      ]),
    ),
    duplicates: {
      ...{ groups: 0, conflictingLabels: 0, examples: [] },
      within: { train: 0, validation: 0, test: 0 },
      across: { trainValidation: 0, trainTest: 0, validationTest: 0 },
    },
    constantImages: { train: 0, validation: 0, test: 0, examples: [] },
  },
};

const whole = {
  ...{ runId: 'r', workflowId: 'train-r', executionId: 'e', status: 'finished', seed: 1 },
  startedAt: '2026-11-27T02:00:00.000Z',
  configuration: { dataset: { name: 'pets' }, recipe: { epochs: 1 } },
  files: { 'report.html': ref('1') },
  stages: {
    data: stage({ manifest: ref('2', JSON.stringify(manifest).length), test: ref('3') }),
    evaluate: stage({ predictions: ref('4') }),
    report: stage({ json: ref('5') }),
  },
};

/** A store with one run, which says which blobs were read of it. */
function storeWith(record: object): { store: Store; read: string[] } {
  const read: string[] = [];
  const store = {
    bucket: 'atelier',
    hasRunFile: async () => true,
    async readRunDocument(_: string, __: string, schema: { parse(value: unknown): unknown }) {
      const content = Buffer.from(JSON.stringify(record));
      return { etag: 'e', content, value: schema.parse(record) };
    },
    async getBlob({ sha256 }: BlobRef) {
      read.push(sha256[0]!);
      return Buffer.from(sha256.startsWith('2') ? JSON.stringify(manifest) : 'no such thing');
    },
  };
  return { store: store as unknown as Store, read };
}

test.each([
  [
    'goes on still',
    { ...whole, status: 'running' },
    /Run r is not finished: there is nothing to compare yet.*the run is running.*atelier show r/s,
    '',
  ],
  [
    'has predictions of more bytes than its test split can have',
    { ...whole, stages: { ...whole.stages, evaluate: stage({ predictions: ref('4', 1e9) }) } },
    /What run r found out cannot be read.*a blob of 1000000000 bytes.*atelier verify r/s,
    '2',
  ],
  [
    'has something else for predictions',
    whole,
    /What run r found out cannot be read.*the predictions.*atelier verify r/s,
    '24',
  ],
  [
    'has no predictions',
    { ...whole, stages: { ...whole.stages, evaluate: stage({}) } },
    /it names no predictions of stage evaluate/,
    '2',
  ],
])('a run that %s is refused with what to do', async (_, record, message, blobs) => {
  const { store, read } = storeWith(record);
  await expect(readStoredRun(store, 'r')).rejects.toThrow(message);
  expect(read.join('')).toBe(blobs);
});
