import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openObjects } from '@atelier/artifacts';
import { runIdOf, workflowIdOf } from '../../src/names.ts';
import { readCron } from '../../src/nights/cron.ts';
import { matchingTimes } from '../../src/nights/past-nights.ts';
import {
  actionOf,
  configOf,
  existingSchedule,
  nightOf,
  scheduleIdOf,
  specOf,
} from '../../src/nights/schedules.ts';
import { startOfDay } from '../../src/nights/zone.ts';
import { readIndex } from '../../src/record/run-index.ts';
import type { RunRow } from '../../src/record/run-row.ts';
import { usualTerms } from '../../src/retention/condemned.ts';
import { readCensus } from '../../src/retention/read-census.ts';
import { removableRuns } from '../../src/retention/removable-runs.ts';
import { removeRuns } from '../../src/retention/remove-runs.ts';
import { usageOf } from '../../src/retention/usage.ts';
import { searchable } from '../../src/searchable.ts';
import type { trainingPipeline } from '../../src/workflow/index.ts';
import { quick } from '../atelier-stack.ts';
import { childrenOf } from '../crash-matrix/processes.ts';
import { kill, type Victim } from '../crash-matrix/victims.ts';
import { until } from '../until.ts';
import type { DueNight, Evidence, Month } from './evidence.ts';
import type { Edition } from './mirror.ts';
import { cronOf, type Happening, type PlannedNight, type YearPlan, zone } from './plan.ts';
import type { YearBench } from './year-bench.ts';

const name = 'nightly';
/** A night that takes longer counts as one that hangs. */
const patience = 420;
/** Seconds for which a prune beside the nights keeps what is written, in the place of an hour. */
const grace = 20;

/**
 * Lives through the nights of a plan, one after the other, as fast as they go.
 * @param say told of every night when it is over
 */
export async function liveYear(
  bench: YearBench,
  plan: YearPlan,
  say: (line: string) => void = () => {},
): Promise<Evidence> {
  const { at, client, mirror, disk, pruner } = bench;
  const scheduleId = scheduleIdOf(name);
  const handle = client.schedule.getHandle(scheduleId);
  const due: DueNight[] = [];
  const months: Month[] = [];
  const rows = new Map<string, RunRow>();
  const executions = new Map<string, Set<string>>();
  const chosen = new Set<string>();
  const kills: Evidence['kills'] = [];
  const began = performance.now();
  let cron = '';
  let seedOfNights: PlannedNight['seed'] = 'nightly';
  let grown: Edition = 'first';

  /** What a person does by `atelier schedule`. */
  async function change({ date, seed }: PlannedNight): Promise<void> {
    cron = cronOf(date);
    seedOfNights = seed;
    const config = configOf(await patiently(() => existingSchedule(client, name)));
    await patiently(() =>
      handle.update<typeof trainingPipeline>(({ state, policies }) => ({
        ...{ state, policies, spec: specOf({ cron: readCron(cron), timezone: zone }) },
        action: actionOf(name, { ...config, seed }),
      })),
    );
  }

  async function timesOf(date: string): Promise<Date[]> {
    const next = new Date(Date.parse(date) + 36 * 3_600_000).toISOString().slice(0, 10);
    const [from, to] = [startOfDay(zone, date), startOfDay(zone, next)];
    return patiently(() =>
      matchingTimes(client, 'default', scheduleId, from, new Date(to.getTime() - 1_000)),
    );
  }

  /** What Temporal does when a night is due. */
  async function start(time: Date): Promise<void> {
    const range = { start: new Date(time.getTime() - 1_000), end: time };
    await patiently(() => handle.backfill({ ...range, overlap: 'ALLOW_ALL' }));
    const found = () =>
      client.workflow
        .getHandle(workflowIdOf(nightOf(name, time)))
        .describe()
        .catch(() => undefined);
    await until(`the night of ${time.toISOString()}`, found);
  }

  /** Over, or waiting for a person. */
  async function settled(run: string): Promise<void> {
    const stands = async (): Promise<true | undefined> => {
      await sleep(200);
      const described = await client.connection
        .withDeadline(Date.now() + 5_000, () =>
          client.workflow.getHandle(workflowIdOf(run)).describe(),
        )
        .catch(() => undefined);
      if (described === undefined) return undefined;
      const isOver = described.status.name !== 'RUNNING';
      const isParked = described.typedSearchAttributes.get(searchable.attention) !== undefined;
      return isOver || isParked || undefined;
    };
    await until(`the end of ${run}`, stands, patience);
  }

  async function strike(victim: Victim, after: number): Promise<void> {
    await sleep(after);
    const { home } = at.stack.environment;
    const trains = async () => (await childrenOf(home)).length > 0 || undefined;
    if (victim === 'trainer') await until('a trainer', trains, 5).catch(() => {});
    const begin = performance.now();
    const goingOn = await kill({ stack: at.stack, up: bench.up }, victim).catch(() => undefined);
    kills.push({ victim, hit: goingOn !== undefined });
    await Promise.all(goingOn ?? []);
    if (goingOn !== undefined) kills.at(-1)!.seconds = (performance.now() - begin) / 1_000;
  }

  /** Everything on record so far, before some of it goes. */
  async function note(): Promise<void> {
    const index = await patiently(() => readIndex(at.store, undefined, () => false));
    for (const row of index?.rows ?? []) rows.set(row.runId, row);
    const query = `TemporalScheduledById = "${scheduleId}"`;
    await patiently(async () => {
      for await (const { workflowId, runId } of client.workflow.list({ query })) {
        const known = executions.get(runIdOf(workflowId)) ?? new Set();
        executions.set(runIdOf(workflowId), known.add(runId));
      }
    });
  }

  /** @param age in seconds, as if what is older were older than an hour */
  function prune(age: number): Promise<unknown> {
    const clock = () => Date.now() + usualTerms.grace - 1_000 * age;
    return removeRuns(
      { store: pruner, client },
      (census) => {
        const now = Date.now() + 366 * 86_400_000;
        const runs = removableRuns(census, { keepLast: plan.keepLast, keepDays: 1, now });
        for (const run of runs) chosen.add(run);
        return runs;
      },
      clock,
    );
  }

  async function before(night: PlannedNight, last?: Happening): Promise<void> {
    const { date, happening, seed } = night;
    if (cron !== cronOf(date) || seedOfNights !== seed) await change(night);
    if (last?.kind === 'full disk' && typeof disk !== 'string') await disk.free();
    mirror.status = happening.kind === 'away' ? happening.status : undefined;
    if (last?.kind === 'away') grown = 'grown';
    mirror.edition = happening.kind === 'contract' ? 'wrong' : grown;
    if (happening.kind === 'full disk' && typeof disk !== 'string') await disk.fill();
  }

  /** What happens beside a night; resolves when that is over. */
  async function beside(happening: Happening): Promise<void> {
    if (happening.kind === 'kill') return strike(happening.victim, happening.after);
    if (happening.kind !== 'full disk' || happening.seconds === undefined) return;
    await sleep(1_000 * happening.seconds);
    if (typeof disk !== 'string') await disk.free();
  }

  async function makeUp(nights: readonly DueNight[]): Promise<void> {
    // The day before is asked for, too: a night that has a run gets no other.
    const first = new Date(Date.parse(nights[0]!.date) - 86_400_000).toISOString().slice(0, 10);
    const made = await at.atelier(['schedule', '--backfill', first, nights.at(-1)!.date]);
    if (made.code !== 0) throw new Error(made.output);
    if (!/^Left as they are: 1,/m.test(made.output)) throw new Error(made.output);
    for (const { run } of nights) await settled(run);
  }

  async function measure(month: string): Promise<void> {
    const objects = await patiently(() => openObjects(at.stack.state.s3).list(''));
    const { home } = at.stack.environment;
    months.push({
      month,
      runs: objects.filter(({ key }) => /^runs\/[^/]+\/run\.json$/.test(key)).length,
      objects: objects.length,
      bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
      temporal: await bytesBelow(join(home, 'temporal')),
      ...(typeof disk !== 'string' && { disk: await disk.used() }),
    });
  }

  const made = await at.atelier([
    ...['schedule', '--cron', cronOf(plan.nights[0]!.date), '--timezone', zone],
    ...['--dataset', mirror.descriptor],
    ...[...quick, '--epochs', '2'],
  ]);
  if (made.code !== 0) throw new Error(made.output);
  // Its own nights are not simulated ones.
  await handle.pause();
  await change(plan.nights[0]!);

  let off: DueNight[] = [];
  let open: string[] = [];
  for (const [i, night] of plan.nights.entries()) {
    const { date, happening } = night;
    const begin = performance.now();
    await before(night, plan.nights[i - 1]?.happening);
    if (off.length > 0 && happening.kind !== 'off') {
      await makeUp(off);
      off = [];
    }
    const times = await timesOf(date);
    const nights = times.map((time, n): DueNight => {
      const again = n > 0;
      return { date, run: nightOf(name, time), happening, again };
    });
    due.push(...nights);
    if (happening.kind === 'off') off.push(...nights);
    else {
      const isPruned = i % 7 === 6;
      if (isPruned) await note();
      for (const time of times) await start(time);
      open.push(...nights.map(({ run }) => run));
      // A removal that is cut off, the next one finishes.
      const pruning = isPruned ? prune(grace).catch(() => prune(grace).catch(() => {})) : undefined;
      await beside(happening);
      if (happening.kind !== 'overtaken') {
        for (const run of open) await settled(run);
        open = [];
      }
      await pruning;
    }
    const after = plan.nights[i + 1]?.date;
    if (after?.slice(0, 7) !== date.slice(0, 7)) await measure(date.slice(0, 7));
    const seconds = (performance.now() - begin) / 1_000;
    say(`${date} ${describe(happening).padEnd(28)} ${seconds.toFixed(1).padStart(6)} s`);
  }

  await until('every message to be taken', async () =>
    (await at.store.listMessages('webhook')).length === 0 ? true : undefined,
  );
  await note();
  await prune(0);
  const { stdout: listed } = await at.atelier(['runs', '--json', '--limit', '1000']);
  const { stdout: verified } = await at.atelier(['verify', '--json']);
  const shown = await at.atelier(['show', due.at(-1)!.run, '--json']);
  const census = await readCensus(at.store);
  return {
    ...{ plan, due, months, chosen: [...chosen], kills },
    rows: [...rows.values()],
    executions: [...executions].map(([run, ids]) => [run, ids.size]),
    messages: bench.receiver.messages,
    records: [...census.runs].map(([run, { status }]) => [run, status]),
    orphans: usageOf(census).orphans.bytes,
    listed: JSON.parse(listed),
    shown: JSON.parse(shown.stdout),
    damage: JSON.parse(verified).damage,
    ...(typeof disk === 'string' && { noDisk: disk }),
    seconds: (performance.now() - began) / 1_000,
  };
}

/** What may be away for a moment since it was killed. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; await sleep(500))
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
}

async function bytesBelow(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

export function describe(happening: Happening): string {
  if (happening.kind === 'kill')
    return `${happening.victim} killed after ${(happening.after / 1_000).toFixed(1)} s`;
  if (happening.kind === 'away') return `dataset away: ${happening.status}`;
  if (happening.kind === 'contract') return 'dataset is another one';
  if (happening.kind === 'full disk')
    return happening.seconds ? `disk full for ${happening.seconds} s` : 'disk full all night';
  return happening.kind === 'quiet' ? '' : happening.kind;
}
