import { readFile, rm } from 'node:fs/promises';
import { type EpochCommit, type Store, sha256 } from '@atelier/artifacts';
import { WorldError } from '@atelier/errors';
import type { TrainingEvent } from '@atelier/train';
import type { RunIdentity } from '../contract.ts';
import { openCommitQueue } from './commit-queue.ts';
import { metricsOf } from './history.ts';
import type { ResumePoint } from './resume-point.ts';
import type { StageContext } from './stage-activity.ts';
import type { TrainingProgress } from './training-progress.ts';

/** Epochs that may wait for the store before training does. */
const capacity = 8;
const patienceMs = 15 * 60_000;

export interface EpochCommits {
  on(event: TrainingEvent): Promise<void>;
  settled(): Promise<void>;
  /** Gives up what is not committed yet. */
  stop(): void;
  /** Every commit of the training so far, earlier attempts' first. */
  all(): EpochCommit[];
}

/** Commits each epoch while the next one is trained: blob, verification, then the record. */
export function openEpochCommits({
  store,
  training,
  run,
  resume,
  context,
  progress,
}: {
  store: Store;
  training: string;
  run: RunIdentity;
  resume: ResumePoint;
  context: StageContext;
  progress: TrainingProgress;
}): EpochCommits {
  const commits = [...resume.commits];
  let environment: EpochCommit['environment'] = null;

  const queue = openCommitQueue<Extract<TrainingEvent, { kind: 'epoch' }>>({
    capacity,
    patienceMs,
    onRetry: (error, { record }) => {
      const why = error.message.split('\n')[0];
      context.log.warn(`Epoch ${record.epoch} could not be committed yet: ${error.message}`);
      context.tell({ notices: [`Epoch ${record.epoch} waits for the store: ${why}`] });
    },
    async commit({ record, checkpoint: path, sha256: digest }) {
      const bytes = await readFile(path);
      if (sha256(bytes) !== digest)
        throw new WorldError({
          what: `The checkpoint of epoch ${record.epoch} changed on disk.`,
          where: path,
          expected: digest,
          found: sha256(bytes),
        });
      const commit: EpochCommit = {
        schemaVersion: 1,
        epoch: record.epoch,
        metrics: metricsOf(record),
        checkpoint: await store.putBlob(bytes),
        seconds: record.seconds,
        environment,
        madeBy: run.runId,
      };
      await store.commitEpoch(training, commit);
      commits.push(commit);
      progress.committed(record.epoch);
      await rm(path, { force: true });
    },
  });

  return {
    async on(event) {
      if (event.kind === 'started')
        environment = event.environment as unknown as EpochCommit['environment'];
      if (event.kind === 'epoch') await queue.add(event);
    },
    settled: queue.settled,
    stop: queue.stop,
    all: () => commits,
  };
}
