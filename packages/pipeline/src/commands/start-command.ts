import { UserError } from '@atelier/errors';
import { plainMarkdown } from '@atelier/text';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { readConfig } from '../configuration/read-config.ts';
import { checkRunId, newRunId } from '../configuration/run-id.ts';
import {
  type AdoptionFlags,
  readAdoptionFlags,
  readFreshStages,
} from '../configuration/start-flags.ts';
import { pipelineQueue, seedRunName, workflowIdOf, workflowType } from '../names.ts';
import { runTagged } from '../record/tags.ts';
import { meansChampion } from '../registry/find-champion.ts';
import type { RunConfig } from '../run-configuration.ts';
import { ensureSearchAttributes } from '../searchable.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage, CommandFailure, exitCodes, onInterrupt } from '../terminal/exit.ts';
import type { trainingPipeline } from '../workflow/index.ts';
import { checkDataset } from './check-dataset.ts';
import type { RunHandle } from './find-run.ts';
import { followToEnd } from './follow-command.ts';
import { glanceAtSource } from './glance-at-source.ts';
import { withData } from './import-command.ts';
import { keepOwnFiles } from './keep-own-files.ts';
import { personName } from './person-name.ts';
import { withNetwork } from './resolve-network.ts';
import { sayRoom } from './say-room.ts';
import { type Session, withSession, workflowUrl } from './session.ts';

/** As long as the names of runs get that train a run's seeds. */
const longestSeed = 2 ** 31 - 1;

export interface StartOptions extends Record<string, unknown> {
  recipe?: string;
  config?: string;
  run?: string;
  detach?: boolean;
  fresh?: string | boolean;
  adopt?: string;
  adoptEpoch?: string;
  initialise?: string;
  reference?: string;
  json?: boolean;
}

export async function start(options: StartOptions, console: Console): Promise<void> {
  // Everything the person wrote is checked before anything starts.
  const {
    config: asked,
    fresh,
    adoption,
    runId,
  } = await asUsage(async () => ({
    fresh: readFreshStages(options.fresh),
    adoption: readAdoptionFlags(options),
    runId: options.run === undefined ? newRunId() : checkRunId(options.run),
    config: await readConfig(await withData(options, console)),
  }));
  if (asked.nightly) await asUsage(() => checkRunId(seedRunName(runId, longestSeed)));
  const release = onInterrupt(() => {
    console.line();
    console.line('Stopped before the run was started.');
    process.exit(exitCodes.interrupted);
  });
  await withSession(console, 'work', async (session) => {
    await session.store.ensureBucket();
    const config = await withNetwork(session.store, asked, console);
    await asUsage(() => checkDataset(session, { ...config, fresh }));
    await asUsage(() => glanceAtSource(session, config, console));
    await keepOwnFiles(session.store, config, console);
    await sayRoom(session, config, config.nightly?.seeds ?? 1, console);
    const adopt = adoption && (await asUsage(() => adopted(session, adoption, config)));
    const initialise = await initialModelOf(session, options, { ...config, adopt }, console);
    if (config.recipe.freeze.length > 0 && !adopt && !initialise)
      console.warn('! What is frozen stays as drawn at random: --initialise RUN gives it weights.');
    const reference = await referenceOf(session, options, config);
    const searchAttributes = await attributesUsable(session, console);
    const whole = {
      ...{ ...config, fresh, searchAttributes },
      ...(adopt ? { adopt } : {}),
      ...(initialise && { initialise }),
      ...(reference && { reference }),
    };
    const handle = await startRun(session, runId, whole);
    release();
    const ui = workflowUrl(session, handle.workflowId);
    console.line(`Run ${runId} is started.`);
    if (ui !== undefined) console.line(`  watch it:   ${ui}`);
    if (!options.detach) return followToEnd(session, handle, console, options.json === true);
    console.line(`  follow it:  npx atelier follow ${runId}`);
    if (options.json)
      console.result(JSON.stringify({ runId, workflowId: handle.workflowId, detached: true }));
  });
}

// Reading a checkpoint takes the model's code, which no other start has to load.
const adopted = async ({ store }: Session, flags: AdoptionFlags, config: RunConfig) =>
  (await import('./resolve-adoption.ts')).resolveAdoption(store, flags, config);

/** What `--reference` names; undefined where it is not given. */
export async function referenceOf(
  { store }: Session,
  { reference }: Pick<StartOptions, 'reference'>,
  config: RunConfig,
): Promise<RunConfig['reference']> {
  if (reference === undefined) return undefined;
  const { resolveReference } = await import('./resolve-reference.ts');
  return asUsage(() => resolveReference(store, reference, config));
}

/** What `--initialise` names; undefined where it is not given. */
export async function initialModelOf(
  { store }: Session,
  { initialise }: Pick<StartOptions, 'initialise'>,
  config: RunConfig,
  console: Console,
): Promise<RunConfig['initialise']> {
  if (initialise === undefined) return undefined;
  const { resolveInitialModel } = await import('./resolve-initial-model.ts');
  return asUsage(() => resolveInitialModel(store, initialise, config, console));
}

export async function attributesUsable(
  { connection, namespace }: Session,
  console: Console,
): Promise<boolean> {
  const obstacle = await ensureSearchAttributes(connection, namespace);
  if (obstacle !== undefined) console.warn(`! ${obstacle}`);
  return obstacle === undefined;
}

/** @throws CommandFailure where there is a run of this id already */
export async function refuseTaken({ store }: Pick<Session, 'store'>, runId: string): Promise<void> {
  if (meansChampion(runId))
    throw new CommandFailure(
      new UserError({
        what: `${runId} means the run that is in use.`,
        where: '--run',
        expected: 'another name',
      }).message,
      exitCodes.usage,
    );
  if (await store.hasRunFile(runId, 'run.json')) throw taken(runId);
  const tagged = await runTagged(store, runId);
  if (tagged !== undefined) throw taken(runId, tagged);
}

/** @param tagged the run that has this name as a tag */
const taken = (runId: string, tagged?: string): CommandFailure =>
  new CommandFailure(
    new UserError({
      what: tagged ? `${runId} is a tag of run ${tagged}.` : `There is a run ${runId} already.`,
      where: '--run',
      expected: 'a name that no run has',
      remedy: `choose another name, or \`npx atelier follow ${runId}\``,
    }).message,
    exitCodes.usage,
  );

/** @throws CommandFailure where there is a run of this id already */
export async function startRun(
  { client, store }: Pick<Session, 'client' | 'store'>,
  runId: string,
  config: RunConfig,
): Promise<RunHandle> {
  await refuseTaken({ store }, runId);
  const { dataset, recipe } = config;
  const by = personName();
  try {
    return await client.workflow.start<typeof trainingPipeline>(workflowType, {
      workflowId: workflowIdOf(runId),
      taskQueue: pipelineQueue,
      args: [config],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: `Train on ${plainMarkdown(dataset.title)}, ${recipe.epochs} epochs, seed ${config.seed}`,
      memo: {
        dataset: dataset.name,
        epochs: recipe.epochs,
        seed: config.seed,
        ...(by && { startedBy: by }),
      },
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw taken(runId);
    throw error;
  }
}
