import { UserError } from '@atelier/errors';
import { readConfig } from '../configuration/read-config.ts';
import { checkRunId, newRunId } from '../configuration/run-id.ts';
import { readFreshStages, readSeeds } from '../configuration/start-flags.ts';
import { followSeeds, type SeedEnding, type SeedRun } from '../follow/follow-seeds.ts';
import { reportLink } from '../follow/report-link.ts';
import { type SeedResult, showSeeds, summariseSeeds } from '../follow/seed-summary.ts';
import { resultJson } from '../follow/show-ending.ts';
import { runIdOf, seedRunName } from '../names.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage, CommandFailure, exitCodes, onInterrupt } from '../terminal/exit.ts';
import { checkDataset } from './check-dataset.ts';
import { glanceAtSource } from './glance-at-source.ts';
import { withData } from './import-command.ts';
import { keepOwnFiles } from './keep-own-files.ts';
import { withNetwork } from './resolve-network.ts';
import { sayRoom } from './say-room.ts';
import { type Session, withSession } from './session.ts';
import {
  attributesUsable,
  initialModelOf,
  referenceOf,
  refuseTaken,
  type StartOptions,
  startRun,
} from './start-command.ts';

export interface StartSeedsOptions extends StartOptions {
  seeds: string;
}

/**
 * Starts one run for each seed and follows them all. Each trains with one thread unless told
 * otherwise: a machine does more steps in a second with a training on each core than with all
 * cores on one (docs/benchmarks.md).
 */
export async function startSeeds(options: StartSeedsOptions, console: Console): Promise<void> {
  const {
    seeds,
    config: asked,
    fresh,
    name,
  } = await asUsage(async () => ({
    seeds: readSeeds(options.seeds),
    config: await readConfig(await withData(withoutRivals(options), console)),
    fresh: readFreshStages(options.fresh),
    name: options.run === undefined ? newRunId() : checkRunId(options.run),
  }));
  const runIds = await asUsage(() => seeds.map((seed) => checkRunId(seedRunName(name, seed))));
  const release = onInterrupt(() => {
    console.line();
    console.line('Stopped. The runs that were started go on:  npx atelier runs');
    process.exit(exitCodes.interrupted);
  });
  await withSession(console, 'work', async (session) => {
    await session.store.ensureBucket();
    const config = await withNetwork(session.store, asked, console);
    // Each trains its own: a file may say how many a night trains.
    const { nightly: _, ...each } = config;
    await asUsage(() => checkDataset(session, { ...config, fresh }));
    await asUsage(() => glanceAtSource(session, config, console));
    await keepOwnFiles(session.store, config, console);
    await sayRoom(session, config, seeds.length, console);
    const initialise = await initialModelOf(session, options, config, console);
    const reference = await referenceOf(session, options, config);
    const searchAttributes = await attributesUsable(session, console);
    for (const runId of runIds) await refuseTaken(session, runId);
    const runs: SeedRun[] = [];
    for (const [i, seed] of seeds.entries()) {
      const whole = {
        ...{ threads: 1, ...each, seed, fresh, searchAttributes },
        ...(initialise && { initialise }),
        ...(reference && { reference }),
      };
      runs.push({ seed, handle: await startRun(session, runIds[i]!, whole) });
    }
    release();
    console.line(`Started ${runIds.join(', ')}.`);
    if (options.detach) return detached(runs, console, options.json === true);
    await followAll(session, runs, console, options.json === true);
  });
}

/** @throws UserError for flags that say something else than `--seeds` */
function withoutRivals(options: StartSeedsOptions): StartSeedsOptions {
  for (const flag of ['seed', 'nightlySeeds', 'adopt', 'adoptEpoch'] as const)
    if (options[flag] !== undefined)
      throw new UserError({
        what: `--seeds and --${flag} cannot be given together.`,
        where: `--seeds, --${flag}`,
        expected: flag.startsWith('adopt')
          ? '--adopt for a single run, without --seeds'
          : 'one of them',
        found: 'both',
      });
  return options;
}

function detached(runs: readonly SeedRun[], console: Console, json: boolean): void {
  for (const { handle } of runs) console.line(`  npx atelier follow ${runIdOf(handle.workflowId)}`);
  if (!json) return;
  const started = runs.map(({ seed, handle: { workflowId } }) => ({
    seed,
    runId: runIdOf(workflowId),
    workflowId,
  }));
  console.result(JSON.stringify({ runs: started, detached: true }));
}

/** Ctrl-C stops following, not the runs. */
async function followAll(
  session: Session,
  runs: readonly SeedRun[],
  console: Console,
  json: boolean,
): Promise<void> {
  const release = onInterrupt(() => {
    console.line();
    console.line('The runs go on without you.');
    console.line('  see how they are:  npx atelier runs');
    process.exit(exitCodes.interrupted);
  });
  let endings: SeedEnding[];
  try {
    endings = await followSeeds(session, runs, console);
  } finally {
    release();
  }
  const results = endings.flatMap(({ seed, ending }): SeedResult[] =>
    ending.kind === 'finished' ? [{ seed, result: ending.result }] : [],
  );
  console.clear();
  console.line();
  if (results.length > 0) showSeeds(results, console);
  if (json) console.result(JSON.stringify(await seedsJson(session, results)));
  const missing = endings.length - results.length;
  if (missing > 0)
    throw new CommandFailure(`${missing} of ${endings.length} runs did not finish; see above.`);
}

async function seedsJson(session: Session, results: readonly SeedResult[]) {
  const runs = await Promise.all(
    results.map(async ({ seed, result }) => {
      const link = await reportLink(session.store, result.runId);
      return { seed, ...resultJson(session, result, link) };
    }),
  );
  return { runs, ...(results.length > 0 ? summariseSeeds(results) : {}) };
}
