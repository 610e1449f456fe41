import { mirrorsSchema } from '@atelier/download/mirror';
import { settingsOf } from '@atelier/settings';
import { z } from 'zod';
import { keepCheckpointsSchema } from '../retention/kept-epochs.ts';

const mebibyte = 2 ** 20;

/** The dataset of a run; a retry may name another while nothing was computed from it. */
export const datasetMeta = {
  help: "path of a dataset's descriptor",
  flag: 'dataset',
  placeholder: 'file',
  stages: ['data'],
  stays: true,
};

/**
 * Settings that say how a stage does its work; they may change while a run waits for it. Mirrors,
 * threads and what is kept do not decide its results. What is held decides in how many files a split
 * lies, so the data stage's inputs hold it where it is given; training gives the same on any. The size of evaluation's batches decides their last bits (the
 * rows that do not fill a vector are summed in another order), so evaluation's inputs hold it.
 */
export const stageSettingsSchema = z.strictObject({
  mirrors: mirrorsSchema.default([]).meta({
    help: "where to download from before the descriptor's mirrors; may be repeated",
    flag: 'mirror',
    placeholder: 'url',
    unset: 'none',
    stages: ['data'],
  }),
  threads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .meta({
      help: 'threads of the trainer and the evaluation',
      flag: 'threads',
      unset: 'all cores',
      stages: ['train', 'evaluate', 'promote'],
    }),
  evaluationBatch: z
    .int()
    .min(1)
    .max(65_536)
    .optional()
    .meta({
      help: 'test images that are evaluated at a time',
      flag: 'evaluationBatch',
      unset: '1000; of networks that see images 128',
      stages: ['evaluate', 'promote'],
    }),
  heldMiB: z
    .int()
    .min(1)
    .max(512)
    .optional()
    .meta({
      help: 'MiB of images from which on a split lies in shards, of which training holds a part at a time',
      flag: 'heldMiB',
      unset: '512',
      stages: ['data', 'train'],
    }),
  keepCheckpoints: keepCheckpointsSchema.optional().meta({
    help: 'which checkpoints stay once an epoch is chosen: all, thinned (the chosen one, the last and every tenth), or chosen (that one alone)',
    flag: 'keepCheckpoints',
    unset: 'thinned',
    stages: ['train'],
  }),
});

/** What `heldMiB` means in bytes; undefined where it is not given. */
export const mostHeldBy = ({ heldMiB }: Pick<StageSettings, 'heldMiB'>): number | undefined =>
  heldMiB && heldMiB * mebibyte;

export type StageSettings = z.output<typeof stageSettingsSchema>;

/** The stages that each of them is for. */
const settingStages: ReadonlyMap<string, readonly string[]> = new Map(
  settingsOf(stageSettingsSchema).map(({ path: [name], stages = [] }) => [name!, stages]),
);

/**
 * A stage's settings: as configured, or as a retry changed them. What a retry adds to a list comes
 * first: its mirrors are tried before the run's.
 */
export function settingsOfStage(
  stage: string,
  configured: StageSettings,
  changed: Partial<StageSettings>,
): Partial<StageSettings> {
  const names = [...settingStages].filter(([, stages]) => stages.includes(stage));
  const chosen = names.flatMap(([name]) => {
    const [before, after] = [configured, changed].map((all) => all[name as keyof StageSettings]);
    if (before === undefined && after === undefined) return [];
    const both = Array.isArray(before) && Array.isArray(after);
    return [[name, both ? [...after, ...before] : (after ?? before)]];
  });
  return Object.fromEntries(chosen);
}
