import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import type { Edit } from './edits.ts';
import { changed, overwritten, record } from './tampering.ts';

export const dataEdits: readonly Edit[] = [
  {
    name: 'data/no-summary',
    title: 'the summary is empty',
    tamper: record('data', (it) => (it.summary = {})),
  },
  {
    name: 'data/count-as-text',
    title: 'a count is a text',
    tamper: record('data', (it) => (it.summary.counts = { train: 'many', validation: 1, test: 1 })),
  },
  {
    name: 'data/classes-renamed',
    title: 'the summary names other classes',
    tamper: record('data', (it) => {
      it.summary.classes = (it.summary.classes as string[]).toReversed();
    }),
  },
  {
    name: 'data/manifest-is-a-model',
    title: 'the manifest is the chosen model',
    tamper: record('data', (it, { stages }) => (it.outputs.manifest = stages.select.outputs.model)),
  },
  {
    name: 'data/manifest-of-another-split',
    title: 'a forged manifest names another split seed',
    tamper: record('data', async (it, scene) => {
      it.outputs.manifest = await changed<PreparedDataset>(
        scene,
        scene.stages.data.outputs.manifest,
        (manifest) => (manifest.splitSeed = 7),
      );
    }),
  },
  {
    name: 'data/counts-forged',
    title: 'a forged manifest and the summary agree on other counts',
    tamper: record('data', async (it, scene) => {
      it.outputs.manifest = await changed<PreparedDataset>(
        scene,
        scene.stages.data.outputs.manifest,
        ({ splits }) => (splits.train.count += 1),
      );
      const counts = it.summary.counts as { train: number };
      counts.train += 1;
    }),
  },
  {
    name: 'data/splits-exchanged',
    title: 'validation and test split are exchanged',
    tamper: record('data', ({ outputs }) => {
      const { validation, test } = outputs;
      Object.assign(outputs, { validation: test, test: validation });
    }),
  },
  {
    name: 'data/split-is-a-history',
    title: 'the training split is the history',
    tamper: record('data', (it, { stages }) => (it.outputs.train = stages.train.outputs.history)),
  },
  {
    name: 'data/output-missing',
    title: 'an output is left out',
    tamper: record('data', (it) => delete it.outputs.test),
  },
  {
    name: 'data/output-too-many',
    title: 'there is one output too many',
    tamper: record('data', (it) => (it.outputs.more = it.outputs.test!)),
  },
  {
    name: 'data/split-overwritten',
    title: 'the training split is overwritten with as many other bytes',
    tamper: overwritten(({ stages }) => stages.data.outputs.train),
  },
];
