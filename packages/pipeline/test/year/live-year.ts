import { setTimeout as sleep } from 'node:timers/promises';
import { defaultName, nightOf } from '../../src/nights/schedules.ts';
import { childrenOf } from '../crash-matrix/processes.ts';
import { kill, type Victim } from '../crash-matrix/victims.ts';
import { until } from '../until.ts';
import type { DueNight, Evidence } from './evidence.ts';
import { describe, type Happening, type YearPlan } from './plan.ts';
import type { YearBench } from './year-bench.ts';
import { scheduleYear } from './year-nights.ts';
import { keepRecord } from './year-record.ts';

/** Seconds for which a prune beside the nights keeps what is written, in the place of an hour. */
const grace = 20;

/**
 * Lives through the nights of a plan, one after the other, as fast as they go.
 * @param say told of every night when it is over
 * @param seconds after which no further night begins; the plan of the evidence ends there, too
 */
export async function liveYear(
  bench: YearBench,
  plan: YearPlan,
  say: (line: string) => void = () => {},
  seconds = Number.POSITIVE_INFINITY,
): Promise<Evidence> {
  const { at, mirror, disk } = bench;
  const began = performance.now();
  const nights = await scheduleYear(bench, plan.nights[0]!);
  const record = keepRecord(bench, plan.keepLast);
  const due: DueNight[] = [];
  const kills: Evidence['kills'] = [];

  async function strike(victim: Victim, after: number): Promise<void> {
    await sleep(after);
    const { home } = at.stack.environment;
    const trains = async () => (await childrenOf(home)).length > 0 || undefined;
    if (victim === 'trainer') await until('a trainer', trains, 5).catch(() => {});
    const goingOn = await kill({ stack: at.stack, up: bench.up }, victim).catch(() => undefined);
    kills.push({ victim, hit: goingOn !== undefined });
    await Promise.all(goingOn ?? []);
  }

  /** How the world is when a night begins. */
  async function arrange(happening: Happening, last?: Happening): Promise<void> {
    if (last?.kind === 'full disk' && typeof disk !== 'string') await disk.free();
    mirror.status = happening.kind === 'away' ? happening.status : undefined;
    // What was away comes back with more.
    if (last?.kind === 'away') mirror.edition = 'grown';
    mirror.isWrong = happening.kind === 'contract';
    if (happening.kind === 'full disk' && typeof disk !== 'string') await disk.fill();
  }

  /** What happens beside a night; resolves when that is over. */
  async function beside(happening: Happening): Promise<void> {
    if (happening.kind === 'kill') return strike(happening.victim, happening.after);
    if (happening.kind !== 'full disk' || happening.seconds === undefined) return;
    await sleep(1_000 * happening.seconds);
    if (typeof disk !== 'string') await disk.free();
  }

  /** The day before is asked for, too: a night that has a run gets no other. */
  async function makeUp(missed: readonly DueNight[]): Promise<void> {
    const before = new Date(Date.parse(missed[0]!.date) - 86_400_000).toISOString().slice(0, 10);
    await nights.makeUp(before, missed.at(-1)!.date);
    for (const { run } of missed) await nights.settled(run);
  }

  let missed: DueNight[] = [];
  let open: string[] = [];
  let prunedAt = -1;
  let lived = 0;
  const passed = (): number => (performance.now() - began) / 1_000;
  for (const [i, night] of plan.nights.entries()) {
    const { date, happening } = night;
    // What lasts several nights is lived through to its end, and the last night is a quiet one.
    if (passed() > seconds && plan.nights[i - 1]?.happening.kind === 'quiet') break;
    lived += 1;
    const begin = performance.now();
    if (missed.length > 0 && happening.kind !== 'off') {
      await makeUp(missed);
      missed = [];
    }
    await nights.prepare(night);
    await arrange(happening, plan.nights[i - 1]?.happening);
    const times = await nights.dueOn(date);
    const these = times.map((time, n): DueNight => {
      return { date, run: nightOf(defaultName, time), happening, again: n > 0 };
    });
    due.push(...these);
    if (happening.kind === 'off') missed.push(...these);
    else {
      for (const time of times) await nights.start(time);
      open.push(...these.map(({ run }) => run));
      // Where nothing can be written down, nothing can be removed.
      const isPruned = happening.kind !== 'full disk' && i - prunedAt >= 7;
      if (isPruned) prunedAt = i;
      const pruning = isPruned ? record.prune(grace) : undefined;
      await Promise.all([beside(happening), pruning]);
      if (happening.kind !== 'overtaken') {
        for (const run of open) await nights.settled(run);
        open = [];
      }
    }
    const next = plan.nights[i + 1]?.date;
    if (next?.slice(0, 7) !== date.slice(0, 7)) await record.measure(date.slice(0, 7));
    const took = (performance.now() - begin) / 1_000;
    say(`${date} ${describe(happening).padEnd(28)} ${took.toFixed(1).padStart(6)} s`);
  }
  const seen = await record.finish(due.at(-1)!.run);
  const nightsLived = plan.nights.slice(0, lived);
  return { plan: { ...plan, nights: nightsLived }, due, kills, ...seen, seconds: passed() };
}
