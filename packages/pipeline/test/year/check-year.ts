import { decisionProblems, newsOf } from './check-decisions.ts';
import type { DueNight, Evidence } from './evidence.ts';
import { jumpedOver } from './plan.ts';

/** How the night of a happening may end. */
const ends: Record<DueNight['happening']['kind'], readonly string[]> = {
  quiet: ['finished'],
  kill: ['finished'],
  off: ['finished'],
  away: ['failed'],
  contract: ['failed'],
  'full disk': ['finished'],
  overtaken: ['finished', 'skipped'],
};

function allowed({ happening, again }: DueNight, noDisk?: string): readonly string[] {
  if (again) return ['skipped'];
  const isFullAllNight = happening.kind === 'full disk' && happening.seconds === undefined;
  return isFullAllNight && noDisk === undefined ? ['failed'] : ends[happening.kind];
}

/** What is not as it should be after a year, in words. */
export function checkYear(evidence: Evidence): string[] {
  return [
    ...nightProblems(evidence),
    ...messageProblems(evidence),
    ...decisionProblems(evidence),
    ...recordProblems(evidence),
    ...sizeProblems(evidence),
  ];
}

/** Every night has one run, which ended as it may, and there is no other run. */
function nightProblems({ plan, due, rows, executions, noDisk }: Evidence): string[] {
  const counts = new Map(executions);
  const statuses = new Map(rows.map(({ runId, status }) => [runId, status]));
  const known = new Set(due.map(({ run }) => run));
  const missing = plan.nights.filter(({ date }) => !due.some((night) => night.date === date));
  return [
    ...due.flatMap((night) => {
      const count = counts.get(night.run) ?? 0;
      const status = statuses.get(night.run) ?? 'without a record';
      const may = allowed(night, noDisk);
      return [
        ...(count === 1 ? [] : [`${night.run} was started ${count} times`]),
        ...(may.includes(status) ? [] : [`${night.run} is ${status}, not ${may.join(' or ')}`]),
      ];
    }),
    ...[...statuses.keys()].filter((run) => !known.has(run)).map((run) => `${run} was not due`),
    // Of one alone the clocks jump over its time.
    ...missing
      .filter(({ date }) => date !== jumpedOver)
      .map(({ date }) => `the night of ${date} was never due`),
  ];
}

/** Of every run that ended somebody was told, and of nothing that was not so. */
function messageProblems({ rows, messages, decisions }: Evidence): string[] {
  const told = new Map<string, Set<string>>();
  for (const { run = '-', event } of messages)
    told.set(run, (told.get(run) ?? new Set()).add(event));
  return rows.flatMap(({ runId, status }) => {
    const events = told.get(runId) ?? new Set();
    const news = [status, ...newsOf(runId, decisions)];
    const others = [...events].filter(
      (event) =>
        ![...news, 'disk low'].includes(event) && !(event === 'parked' && status === 'failed'),
    );
    return [
      ...news
        .filter((event) => !events.has(event))
        .map((event) => `nobody was told that ${runId} is ${event}`),
      ...others.map((event) => `somebody was told that ${runId} is ${event}; it is ${status}`),
    ];
  });
}

/** What is left is what was to be left, and commands say so. */
function recordProblems(evidence: Evidence): string[] {
  const { plan, due, rows, records, chosen, listed, shown, damage, orphans } = evidence;
  const statuses = new Map(rows.map(({ runId, status }) => [runId, status]));
  const there = new Map(records);
  const seen = new Map(listed.map(({ runId, status }) => [runId, status]));
  const removed = new Set(chosen);
  const last = due.at(-1)!.run;
  return [
    ...rows
      .filter(({ runId }) => !there.has(runId) && !removed.has(runId))
      .map(({ runId }) => `${runId} is gone, and nobody removed it`),
    ...records
      .filter(([run, status]) => statuses.get(run) !== status)
      .map(
        ([run, status]) => `the record of ${run} says ${status}, the index ${statuses.get(run)}`,
      ),
    ...records.filter(([run]) => removed.has(run)).map(([run]) => `${run} was not removed`),
    ...records
      .filter(([run, status]) => seen.get(run) !== status)
      .map(([run, status]) => `runs says that ${run} is ${seen.get(run)}; it is ${status}`),
    ...listed
      .filter(({ runId }) => !there.has(runId))
      .map(({ runId }) => `runs lists ${runId}, which is gone`),
    ...(records.length < plan.keepLast ? [`only ${records.length} runs are left`] : []),
    ...(shown.runId === last && shown.status === 'finished'
      ? []
      : [`show says that ${shown.runId} is ${shown.status}`]),
    ...damage.map(({ key, problem }) => `verify finds ${key} ${problem}`),
    ...(orphans === 0 ? [] : [`${orphans} bytes that no run needs are left`]),
  ];
}

/** From the second month on the store does not grow. */
function sizeProblems({ months }: Evidence): string[] {
  const [, second, ...later] = months;
  return later
    .filter(({ bytes }) => bytes > 1.5 * second!.bytes)
    .map(
      ({ month, bytes }) =>
        `${bytes} bytes are stored in ${month}, ${second!.bytes} in ${second!.month}`,
    );
}
