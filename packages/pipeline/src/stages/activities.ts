import { join } from 'node:path';
import type { Proxies } from '@atelier/addresses';
import type { CodeIdentity } from '@atelier/artifacts';
import { WorldError } from '@atelier/errors';
import type { Disks } from '../disk-space.ts';
import { pipelineQueue, weighingType } from '../names.ts';
import { recordStage, type Store } from '../run-store.ts';
import { openBlobFiles } from '../stage-activity/blob-files.ts';
import {
  publishFiles,
  type StageDependencies,
  type StageWorker,
  stageActivity,
} from '../stage-activity/stage-activity.ts';
import { countedStage } from '../telemetry/counted-stage.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type StageOutcome, type StagePlan, stagePlans } from './index.ts';
import { promotePlan } from './promote/plan.ts';
import { TrainingSlots } from './train/training-slots.ts';

export interface WorkerMeans {
  store: Store;
  cacheDirectory: string;
  /** What runs write to on this machine, and bytes of it that should stay free. */
  disks: Disks;
  /** On the way to a dataset's mirrors. */
  proxies: Proxies;
  /** Trainings of one thread each that are held at once. */
  trainingCapacity: number;
  /** The code of this worker. */
  code: CodeIdentity;
  telemetry: Telemetry;
  /** Whether a person has to have signed what is put in use. */
  demandsSignature: boolean;
}

type Activity = (input: unknown) => Promise<unknown>;

/** The activities of a queue's stages, by the types that histories record; those that they need before. */
export async function createStageActivities(
  taskQueue: string,
  {
    store,
    cacheDirectory,
    disks,
    proxies,
    trainingCapacity,
    code,
    telemetry,
    demandsSignature,
  }: WorkerMeans,
): Promise<Record<string, Activity>> {
  const dependencies: StageDependencies = {
    store,
    cacheDirectory,
    disks,
    proxies,
    files: openBlobFiles(store, join(cacheDirectory, 'blobs')),
    slots: new TrainingSlots(trainingCapacity),
    telemetry,
    demandsSignature,
  };
  const served = stagePlans.filter((plan) => (plan.taskQueue ?? pipelineQueue) === taskQueue);
  const activities = served.map(async (plan): Promise<[string, Activity]> => {
    const work = (await stageWorker(plan))(dependencies);
    const counted = countedStage(plan.name, telemetry);
    const activity = stageActivity(plan, (input, context) =>
      counted(context.signal, async () => {
        const outcome = await work(input, { ...context, code });
        checkOutcome(plan, outcome);
        await recordStage(store, input.run.runId, plan.name, outcome);
        await publishFiles(store, plan, input.run.runId, outcome);
        return outcome;
      }),
    );
    return [plan.activity, activity];
  });
  const before = taskQueue === pipelineQueue ? [await weighActivity(dependencies)] : [];
  return Object.fromEntries([...(await Promise.all(activities)), ...before]);
}

/** What the gate would decide, which a run asks before its stage `promote`, where that waits for a person. */
async function weighActivity(dependencies: StageDependencies): Promise<[string, Activity]> {
  const { weighNow } = await import('./promote/weigh-now.ts');
  return [weighingType, stageActivity(promotePlan, weighNow(dependencies))];
}

/** What the workflow and later stages go on with is what the plan says, whatever it comes from. */
function checkOutcome({ name, outcome }: StagePlan, made: StageOutcome): void {
  const issue = outcome.safeParse(made).error?.issues[0];
  if (issue === undefined) return;
  throw new WorldError({
    what: `Stage ${name} gave what it should not give.`,
    where: issue.path.map(String).join('.'),
    expected: issue.message,
  });
}

/** Lies beside the stage's plan, so that no list but that of the plans has to name it. */
async function stageWorker({ name }: StagePlan): Promise<StageWorker<StagePlan>> {
  const { activity } = (await import(`./${name}/activity.ts`)) as {
    activity: StageWorker<StagePlan>;
  };
  return activity;
}
