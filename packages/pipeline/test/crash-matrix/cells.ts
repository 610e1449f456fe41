import { clockJumps } from './clock.ts';
import { damageArtifact, damageChosen, damageNewest, overwrite, remove } from './damages.ts';
import { silent, storageFails, temporalUnreachable } from './faults.ts';
import { type Moment, momentNamed, moments } from './moments.ts';
import { killTrainingWorker, zombie } from './second-worker.ts';
import { fillDisk, type SmallDisk } from './small-disk.ts';
import type { StorageFault } from './storage-proxy.ts';
import type { Strike } from './strike.ts';
import { isThere, kill, type Victim, victims } from './victims.ts';

/** One disturbed run, or two, whose end has to be that of an undisturbed one. */
export interface Cell {
  /** `<what>/<when>` */
  name: string;
  /** What happens, for people. */
  title?: string;
  moment?: Moment;
  strike?: Strike;
  victim?: Victim;
  /** Two runs of the same configuration are started at once, under two names or under one. */
  twice?: 'two ids' | 'one id';
  secondWorker?: boolean;
  /** What lies on a disk of its own, which is full for a while. */
  smallDisk?: SmallDisk;
  /** The worker has a clock of its own, which goes wrong. */
  ownClock?: boolean;
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

const storageFaults: [name: string, fault: StorageFault, title: string][] = [
  ['s3-503', 'unavailable', 'S3 answers 503 for 20 s'],
  ['s3-reset', 'reset', 'S3 resets every connection for 20 s'],
  ['s3-truncated', 'truncated', 'S3 cuts off every body, in both directions, for 20 s'],
  [
    's3-unanswered',
    'unanswered',
    'S3 does what it is asked for, and every answer is lost, for 20 s',
  ],
];

/** Where what a disk holds is written or read. */
const fullDisks: [disk: SmallDisk, title: string, moments: string[]][] = [
  [
    'minio',
    'the disk under MinIO is full for 20 s',
    ['before-data', 'during-train', 'before-select', 'before-evaluate', 'during-report'],
  ],
  ['temporal', 'the disk under Temporal is full for 20 s', ['during-train', 'before-evaluate']],
  [
    'cache',
    "the disk under the worker's cache is full for 20 s",
    ['before-data', 'before-train', 'during-train', 'before-evaluate'],
  ],
];

export const faults: readonly Cell[] = [
  ...storageFaults.flatMap(([name, fault, title]) =>
    ['before-data', 'during-train', 'during-report'].map((moment) =>
      at(name, moment, { title, strike: storageFails(fault) }),
    ),
  ),
  ...['during-train', 'before-evaluate'].map((moment) =>
    at('temporal-unreachable', moment, {
      title: 'the worker cannot reach Temporal for 30 s',
      strike: temporalUnreachable,
    }),
  ),
  at('temporal-silent', 'during-train', {
    title: 'Temporal answers nothing for 60 s',
    strike: silent('temporal'),
  }),
  at('s3-silent', 'during-train', {
    title: 'S3 answers nothing for 60 s',
    strike: silent('minio'),
  }),
  ...fullDisks.flatMap(([smallDisk, title, moments]) =>
    moments.map((moment) =>
      at(`disk-full-${smallDisk}`, moment, { title, smallDisk, strike: fillDisk(smallDisk) }),
    ),
  ),
  at('clock-set', 'during-train', {
    title: "the worker's clock is set 10 minutes forth, then back, then right",
    ownClock: true,
    strike: clockJumps,
  }),
  at('split-overwritten', 'before-train', {
    title: 'the training split is overwritten',
    strike: damageArtifact(overwrite, 'data', 'train'),
  }),
  at('newest-checkpoint-overwritten', 'during-train', {
    title: 'the newest checkpoint is overwritten and the trainer killed',
    strike: damageNewest(overwrite, 'trainer'),
  }),
  at('newest-checkpoint-removed', 'during-train', {
    title: 'the newest checkpoint is removed and the worker killed',
    strike: damageNewest(remove, 'worker'),
  }),
  at('chosen-checkpoint-overwritten', 'before-select', {
    title: 'the best checkpoint is overwritten',
    strike: damageChosen(overwrite),
  }),
  at('model-overwritten', 'before-evaluate', {
    title: 'the chosen model is overwritten',
    strike: damageArtifact(overwrite, 'select', 'model'),
  }),
  at('predictions-removed', 'before-report', {
    title: 'the predictions are removed',
    strike: damageArtifact(remove, 'evaluate', 'predictions'),
  }),
  {
    name: 'two-workers/two-runs',
    title: 'two equal runs at once on two workers',
    secondWorker: true,
    twice: 'two ids',
  },
  at('two-workers-one-killed', 'during-train', {
    title: 'of two workers, the one that trains is killed',
    secondWorker: true,
    strike: killTrainingWorker,
  }),
  at('two-workers-one-frozen', 'during-train', {
    title: 'of two workers, the one that trains stands still for 20 s and comes back',
    secondWorker: true,
    strike: zombie,
  }),
  { name: 'twice/two-ids', title: 'two equal runs at once', twice: 'two ids' },
  {
    name: 'twice/one-id',
    title: 'one run started twice at once; the second start is refused',
    twice: 'one id',
  },
];

/**
 * Few enough for every `npm test`, at the moments that are hardest: all at once, Temporal among them,
 * who watches over the others, and a removal half done. Worker and trainer are killed in
 * resume.test.ts, each alone and in any order in the ten nights of year.test.ts.
 */
export const subset: readonly string[] = ['all/commit', 'prune-pruner/remove'];
