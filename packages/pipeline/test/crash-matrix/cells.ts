import { damageArtifact, damageChosen, damageNewest, overwrite, remove } from './damages.ts';
import { silent, storageFails, temporalUnreachable } from './faults.ts';
import { type Moment, momentNamed, moments } from './moments.ts';
import { killTrainingWorker, zombie } from './second-worker.ts';
import { fillDisk } from './small-disk.ts';
import type { StorageFault } from './storage-proxy.ts';
import type { Strike } from './strike.ts';
import { isThere, kill, type Victim, victims } from './victims.ts';

/** One disturbed run, or two, whose end has to be that of an undisturbed one. */
export interface Cell {
  /** `<what>/<when>` */
  name: string;
  moment?: Moment;
  strike?: Strike;
  victim?: Victim;
  /** Two runs of the same configuration are started at once, under two names or under one. */
  twice?: 'two ids' | 'one id';
  secondWorker?: boolean;
  /** The store lies on a disk of its own, which is full for a while. */
  smallDisk?: boolean;
}

const at = (what: string, moment: string, rest: Omit<Cell, 'name' | 'moment'>): Cell => ({
  name: `${what}/${moment}`,
  moment: momentNamed(moment),
  ...rest,
});

// One moment after the other: before the same victim is killed again, the supervisor has seen it
// in health for a while and does not make it wait.
export const kills: readonly Cell[] = moments.flatMap(({ name }) =>
  victims
    .filter((victim) => isThere(victim, name))
    .map((victim) => at(victim, name, { victim, strike: (bench) => kill(bench, victim) })),
);

const storageFaults: Record<string, StorageFault> = {
  's3-503': 'unavailable',
  's3-reset': 'reset',
  's3-truncated': 'truncated',
};

export const faults: readonly Cell[] = [
  ...Object.entries(storageFaults).flatMap(([name, fault]) =>
    ['before-data', 'during-train', 'during-report'].map((moment) =>
      at(name, moment, { strike: storageFails(fault) }),
    ),
  ),
  at('temporal-unreachable', 'during-train', { strike: temporalUnreachable }),
  at('temporal-unreachable', 'before-evaluate', { strike: temporalUnreachable }),
  at('temporal-silent', 'during-train', { strike: silent('temporal') }),
  at('s3-silent', 'during-train', { strike: silent('minio') }),
  at('disk-full', 'during-train', { smallDisk: true, strike: fillDisk }),
  at('split-overwritten', 'before-train', { strike: damageArtifact(overwrite, 'data', 'train') }),
  at('newest-checkpoint-overwritten', 'during-train', {
    strike: damageNewest(overwrite, 'trainer'),
  }),
  at('newest-checkpoint-removed', 'during-train', { strike: damageNewest(remove, 'worker') }),
  at('chosen-checkpoint-overwritten', 'before-select', { strike: damageChosen(overwrite) }),
  at('model-overwritten', 'before-evaluate', {
    strike: damageArtifact(overwrite, 'select', 'model'),
  }),
  at('predictions-removed', 'before-report', {
    strike: damageArtifact(remove, 'evaluate', 'predictions'),
  }),
  { name: 'two-workers/two-runs', secondWorker: true, twice: 'two ids' },
  at('two-workers-one-killed', 'during-train', { secondWorker: true, strike: killTrainingWorker }),
  at('two-workers-one-frozen', 'during-train', { secondWorker: true, strike: zombie }),
  { name: 'twice/two-ids', twice: 'two ids' },
  { name: 'twice/one-id', twice: 'one id' },
];

/** Few enough for every `npm test`: each victim once, and at the moments that are hardest. */
export const subset: readonly string[] = [
  'worker/during-train',
  'trainer/upload',
  'temporal/commit',
  'minio/upload',
  'supervisor/before-select',
  'all/during-evaluate',
  's3-503/during-report',
];
