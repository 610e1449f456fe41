import { setTimeout as sleep } from 'node:timers/promises';
import { workflowIdOf } from '../../src/names.ts';
import { readCron } from '../../src/nights/cron.ts';
import { matchingTimes } from '../../src/nights/past-nights.ts';
import {
  actionOf,
  configOf,
  defaultName,
  existingSchedule,
  nightOf,
  scheduleIdOf,
  specOf,
} from '../../src/nights/schedules.ts';
import { startOfDay } from '../../src/nights/zone.ts';
import { searchable } from '../../src/searchable.ts';
import type { trainingPipeline } from '../../src/workflow/index.ts';
import { quick } from '../atelier-stack.ts';
import { until } from '../until.ts';
import { patiently } from './patiently.ts';
import { cronOf, learningRateOf, type PlannedNight, zone } from './plan.ts';
import type { YearBench } from './year-bench.ts';

/** The schedule of a year, whose nights are started for times that are past. */
export interface YearNights {
  /** Has the schedule be as a night wants it, as `atelier schedule` does. */
  prepare(night: PlannedNight): Promise<void>;
  /** When nights are due on a day of the zone, as Temporal says. @param date YYYY-MM-DD */
  dueOn(date: string): Promise<Date[]>;
  /** What Temporal does when a night is due. */
  start(due: Date): Promise<void>;
  /** Makes up for days without a run, by the command. */
  makeUp(first: string, last: string): Promise<void>;
  /** Waits until a run is over, or waits for a person. */
  settled(run: string): Promise<void>;
}

/** A night that takes longer, in seconds, counts as one that hangs. */
const patience = 420;
const name = defaultName;

export async function scheduleYear(bench: YearBench, first: PlannedNight): Promise<YearNights> {
  const { at, client, mirror } = bench;
  const scheduleId = scheduleIdOf(name);
  const handle = client.schedule.getHandle(scheduleId);
  let standing: string | undefined;

  async function prepare({ date, seed }: PlannedNight): Promise<void> {
    const cron = cronOf(date);
    const learningRate = learningRateOf(date);
    const wanted = `${cron} ${seed} ${learningRate}`;
    if (standing === wanted) return;
    standing = wanted;
    const { recipe, ...config } = configOf(await patiently(() => existingSchedule(client, name)));
    await patiently(() =>
      handle.update<typeof trainingPipeline>(({ state, policies }) => ({
        ...{ state, policies, spec: specOf({ cron: readCron(cron), timezone: zone }) },
        action: actionOf(name, { ...config, seed, recipe: { ...recipe, learningRate } }),
      })),
    );
  }

  async function stands(run: string): Promise<true | undefined> {
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
  }

  const made = await at.atelier([
    ...['schedule', '--cron', cronOf(first.date), '--timezone', zone],
    ...['--dataset', mirror.descriptor, ...quick, '--epochs', '2'],
    ...['--learningRate', `${learningRateOf(first.date)}`],
  ]);
  if (made.code !== 0) throw new Error(made.output);
  // Its own nights are not those of the plan.
  await handle.pause();
  return {
    prepare,
    dueOn(date) {
      const next = new Date(Date.parse(date) + 36 * 3_600_000).toISOString().slice(0, 10);
      const to = new Date(startOfDay(zone, next).getTime() - 1_000);
      return patiently(() =>
        matchingTimes(client, 'default', scheduleId, startOfDay(zone, date), to),
      );
    },
    async start(due) {
      const range = { start: new Date(due.getTime() - 1_000), end: due };
      await patiently(() => handle.backfill({ ...range, overlap: 'ALLOW_ALL' }));
      const night = client.workflow.getHandle(workflowIdOf(nightOf(name, due)));
      await until(`the night of ${due.toISOString()}`, () =>
        night.describe().catch(() => undefined),
      );
    },
    async makeUp(from, to) {
      const { code, output } = await at.atelier(['schedule', '--backfill', from, to]);
      if (code !== 0) throw new Error(output);
      if (!/^Left as they are: 1,/m.test(output)) throw new Error(output);
    },
    settled: async (run) => {
      await until(`the end of ${run}`, () => stands(run), patience);
    },
  };
}
