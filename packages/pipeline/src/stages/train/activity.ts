import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, Json } from '@atelier/artifacts';
import { imageShape } from '@atelier/data/image-shape';
import { UserError, WorldError } from '@atelier/errors';
import { recordedNetwork } from '@atelier/model/network';
import { runTraining, type TrainingEvent } from '@atelier/train';
import { describeInitialisation } from '@atelier/train/initialise';
import { blockBytesFor, checkTrainingMemory } from '@atelier/train/memory';
import { checkBatchSize } from '@atelier/train/recipe';
import { mostHeldBy } from '../../configuration/stage-settings.ts';
import { checkRoom, trainingNeeds } from '../../disk-space.ts';
import { type EpochCommit, recordTraining, type Store } from '../../run-store.ts';
import { scratchDirectory } from '../../stage-activity/scratch.ts';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { type ResultOf, stageFingerprint, throughCache } from '../../stage-cache/stage-cache.ts';
import { isWatched } from '../../telemetry/telemetry.ts';
import { trainingTelemetry } from '../../telemetry/training-telemetry.ts';
import { machineMemory } from '../../worker/training-capacity.ts';
import { readManifest } from '../data/check-record.ts';
import { splitFiles } from '../data/stored-splits.ts';
import { adoptEpochs } from './adopt-epochs.ts';
import { checkTraining } from './check-record.ts';
import { openEpochCommits } from './epoch-commits.ts';
import { encodeHistory } from './history.ts';
import { matched } from './initial-model.ts';
import { networkFile } from './network-file.ts';
import { withData } from './other-data.ts';
import { otherDataOf, trainPlan as plan, wholeNetwork } from './plan.ts';
import { type Expectation, findResumePoint } from './resume-point.ts';
import { trainingProgress } from './training-progress.ts';

/** For commits that are under way when training is interrupted; a worker that ends has 8 s in all. */
const graceMs = 2_000;

export const activity: StageWorker<typeof plan> =
  ({ store, files, cacheDirectory, disks, slots, telemetry }) =>
  async (asked, context) => {
    const adopt = asked.adopt && (await withData(store, asked.adopt));
    const input = { ...asked, adopt };
    const { run, fresh = false, data, recipe, seed } = input;
    const otherData = otherDataOf(adopt?.data, data.outputs);
    const { threads, keepCheckpoints = 'thinned' } = input.settings;
    const { normalisation, counts } = data.summary;
    checkBatchSize(recipe.batchSize, counts.train);
    const network = wholeNetwork(input.network, data.summary);
    const images = [counts.train, counts.validation];
    const mostHeld = mostHeldBy(input.settings);
    const size = { network, recipe, image: imageShape(data.summary), images, mostHeld };
    checkTrainingMemory(size, machineMemory());
    const identity: Expectation = { network: recordedNetwork(network), recipe, seed };
    const { train, validation } = data.outputs;
    const fingerprint = stageFingerprint(plan, input);
    await recordTraining(store, run.runId, fingerprint, data.outputs);
    await store.wishToKeep(fingerprint, run.runId, keepCheckpoints);

    const work = async (training: string): Promise<ResultOf<typeof plan>> => {
      if (fresh) await store.beginAfresh(training, run.runId);
      if (adopt) await adoptEpochs(store, training, adopt);
      const resume = await findResumePoint(store, training, identity, adopt);
      for (const notice of resume.notices) context.log.warn(notice);
      const needs = trainingNeeds(network, recipe.epochs - resume.commits.length);
      const notices = await checkRoom(disks.folders, needs, disks.low).catch(passing);
      context.tell({ notices });
      for (const notice of notices) await disks.tellLow(run, notice);
      const initialised = input.initialise && (await matched(store, input.initialise, network));
      if (initialised && resume.commits.length === 0) {
        const what = `It begins with the weights of ${input.initialise!.from}.`;
        context.tell({ notices: [[what, ...describeInitialisation(initialised)].join(' ')] });
      }
      const directory = await scratchDirectory(join(cacheDirectory, 'training'));
      const progress = trainingProgress(context, recipe.epochs, resume, otherData);
      const { metrics } = telemetry;
      const epochs = openEpochCommits({ store, training, run, resume, context, progress, metrics });
      try {
        if (resume.commits.length < recipe.epochs) {
          const request = {
            train: await splitFiles(files, train),
            validation: await splitFiles(files, validation),
            blockBytes: mostHeld && blockBytesFor(mostHeld),
            normalisation,
            network,
            recipe,
            seed,
            directory,
            threads,
            resumeFrom: await checkpointFile(directory, resume.checkpoint),
            networkPath:
              network.architecture === 'module' ? await networkFile(files, network) : undefined,
            initialiseFrom: input.initialise && (await files.path(input.initialise.model)),
          };
          const dataset = isWatched(telemetry)
            ? await datasetName(store, data.outputs.manifest)
            : 'unknown';
          const told = trainingTelemetry(telemetry, dataset);
          const onEvent = (event: TrainingEvent) => {
            progress.on(event);
            told.on(event);
            return epochs.on(event);
          };
          try {
            const onOutput = (line: string) => context.log.info(`The trainer printed: ${line}`);
            await runTraining(request, { signal: context.signal, onEvent, onOutput });
            told.end();
          } catch (error) {
            told.end(error);
            throw error;
          } finally {
            // Interrupted or not: what is trained is committed before this attempt ends.
            await within(context.signal, epochs.settled());
          }
        }
        const commits = epochs.all();
        return {
          outputs: {
            history: await store.putBlob(
              encodeHistory(commits, otherData, adopt?.thinned),
              'application/json',
            ),
          },
          summary: { epochs: commits.length, resumedAfter: resume.commits.length, initialised },
          environment: commits.at(-1)!.environment as Json,
          earlierSeconds: secondsOf(resume.commits),
        };
      } finally {
        await epochs.stop();
        await rm(directory, { recursive: true, force: true });
      }
    };

    return throughCache(store, {
      plan,
      input,
      context,
      check: (record) =>
        checkTraining(store, { identity, otherData, adopt, initialise: input.initialise }, record),
      async work(training) {
        const queued = performance.now();
        const leave = await slots.take(threads ?? slots.count, context.signal, () =>
          context.tell({ doing: 'waiting for other trainings to end' }),
        );
        const waitedSeconds = (performance.now() - queued) / 1000;
        try {
          return { ...(await work(training)), waitedSeconds };
        } finally {
          leave();
        }
      },
    });
  };

/** Waits for the work; once cancelled, only as long as a cancellation may take. */
async function within(signal: AbortSignal, work: Promise<void>): Promise<void> {
  const late = new Promise<void>((resolve) => {
    const wait = () => setTimeout(resolve, graceMs).unref();
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
  await Promise.race([work, late]);
  signal.throwIfAborted();
}

/** A label of metrics, for which no training fails. */
const datasetName = (store: Store, manifest: BlobRef): Promise<string> =>
  readManifest(store, manifest).then(
    ({ name }) => name,
    () => 'unknown',
  );

const secondsOf = (commits: readonly EpochCommit[]): number =>
  commits.reduce((sum, { seconds }) => sum + seconds, 0);

async function checkpointFile(directory: string, bytes?: Buffer): Promise<string | undefined> {
  if (bytes === undefined) return undefined;
  const path = join(directory, 'resume.safetensors');
  await writeFile(path, bytes);
  return path;
}

/** What fills a disk may be gone in a minute: so that is tried again before a person is asked. */
function passing(error: unknown): never {
  throw error instanceof UserError ? new WorldError(error.failure) : error;
}
