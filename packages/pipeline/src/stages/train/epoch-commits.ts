import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Overtaken, sha256 } from '@atelier/artifacts';
import { isUserError, WorldError } from '@atelier/errors';
import type { Metrics } from '@atelier/telemetry';
import type { Environment } from '@atelier/tensorflow/environment';
import type { TrainingEvent } from '@atelier/train';
import type { EpochCommit, Store } from '../../run-store.ts';
import type { StageContext } from '../../stage-activity/stage-activity.ts';
import type { RunIdentity } from '../plan.ts';
import { openCommitQueue } from './commit-queue.ts';
import type { ResumePoint } from './resume-point.ts';
import type { TrainingProgress } from './training-progress.ts';

/** Epochs that may wait for the store before training does. */
const capacity = 8;
const patienceMs = 15 * 60_000;
/** For the record that is on its way when commits are stopped; a worker that ends has 8 s in all. */
const recordMs = 4_000;

export interface EpochCommits {
  on(event: TrainingEvent): Promise<void>;
  settled(): Promise<void>;
  /**
   * Gives up what is not committed yet. Once it resolves, nothing is committed any more, unless the
   * store took longer than a worker that ends may wait for the record that was on its way.
   */
  stop(): Promise<void>;
  /** Every commit of the training so far, earlier attempts' first. */
  all(): EpochCommit[];
}

/** The trainer's file is gone or another one. No store can mend that; training it again does. */
class LostCheckpoint extends WorldError {}

/** Commits each epoch while the next one is trained: blob, verification, then the record. */
export function openEpochCommits({
  store,
  training,
  run,
  resume,
  context,
  progress,
  metrics,
}: {
  store: Store;
  training: string;
  run: RunIdentity;
  resume: ResumePoint;
  context: StageContext;
  progress: TrainingProgress;
  metrics: Metrics;
}): EpochCommits {
  const commits = [...resume.commits];
  let environment: Environment | undefined;
  let recording: Promise<unknown> = Promise.resolve();
  let told = '';

  metrics.add('queueCapacity', {}, capacity);
  const queue = openCommitQueue<Extract<TrainingEvent, { kind: 'epoch' }>>({
    capacity,
    patienceMs,
    passes: (error) =>
      !isUserError(error) && !(error instanceof Overtaken) && !(error instanceof LostCheckpoint),
    onRetry: (error, { record }) => {
      context.log.warn(`Epoch ${record.epoch} could not be committed yet: ${error.message}`);
      const notice = `Epoch ${record.epoch} waits for the store: ${error.message.split('\n')[0]}`;
      if (notice !== told) context.tell({ notices: [notice] });
      told = notice;
    },
    onLength: (change) => metrics.add('queuedEpochs', {}, change),
    async commit({ record, checkpoint: path, sha256: digest }, stopped) {
      const { epoch, seconds, ...metrics } = record;
      const bytes = await readCheckpoint(path, digest, epoch);
      const commit: EpochCommit = {
        schemaVersion: 1,
        epoch,
        metrics,
        checkpoint: await store.putBlob(bytes),
        seconds,
        // The trainer says what it runs on before its first epoch.
        environment: environment!,
        madeBy: run.runId,
      };
      // The blob alone commits nothing; whoever stops waits for what comes now.
      stopped.throwIfAborted();
      recording = store.commitEpoch(training, commit);
      await recording;
      if ((await store.inspectBlob(commit.checkpoint)) !== undefined)
        throw new WorldError({ what: `The checkpoint of epoch ${epoch} was removed meanwhile.` });
      commits.push(commit);
      progress.committed(epoch);
      await rm(path, { force: true });
    },
  });

  return {
    async on(event) {
      if (event.kind === 'started') environment = event.environment;
      if (event.kind === 'epoch') await queue.add(event);
    },
    settled: queue.settled,
    async stop() {
      queue.stop();
      metrics.add('queueCapacity', {}, -capacity);
      const late = sleep(recordMs, undefined, { ref: false });
      await Promise.race([recording.catch(() => {}), late]);
    },
    all: () => commits,
  };
}

async function readCheckpoint(path: string, digest: string, epoch: number): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new LostCheckpoint({
      what: `The checkpoint of epoch ${epoch} cannot be read before it is committed.`,
      where: path,
      found: error.message,
    });
  });
  const found = sha256(bytes);
  if (found === digest) return bytes;
  throw new LostCheckpoint({
    what: `The checkpoint of epoch ${epoch} changed on disk.`,
    where: path,
    expected: digest,
    found,
  });
}
