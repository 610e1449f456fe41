import { changesChampion, type Decision } from '../../src/registry/decision.ts';
import type { Told } from '../../src/registry/decision-log.ts';
import type { Evidence } from './evidence.ts';

const readable = (told: readonly Told[]): Decision[] =>
  told.flatMap((decision) => ('problem' in decision ? [] : [decision]));

/** What somebody is told of a run's decision, beside how it ended. */
export function newsOf(run: string, decisions: readonly Told[]): string[] {
  const decision = readable(decisions).find(({ candidate }) => candidate.run === run);
  if (decision === undefined || decision.outcome === 'unchanged') return [];
  return [changesChampion(decision) ? 'promoted' : 'held'];
}

/** Every finished night has one decision, each follows from the one before, and the last one holds. */
export function decisionProblems(evidence: Evidence): string[] {
  const { decisions, rows, champion, published, lost, records } = evidence;
  const told = readable(decisions);
  const counts = new Map<string, number>();
  for (const { candidate } of told) counts.set(candidate.run, (counts.get(candidate.run) ?? 0) + 1);
  const last = told.at(-1);
  const there = new Set(records.map(([run]) => run));
  return [
    ...decisions.flatMap((one) =>
      'problem' in one ? [`decision ${one.number}: ${one.problem}`] : [],
    ),
    ...decisions.flatMap(({ number }, i) =>
      number === i + 1 ? [] : [`decision ${number} stands at place ${i + 1}`],
    ),
    ...told.flatMap(({ number, before }, i) =>
      before?.run === told[i - 1]?.champion.run
        ? []
        : [`decision ${number} does not follow from the one before`],
    ),
    ...rows.flatMap(({ runId, status }) => {
      const count = counts.get(runId) ?? 0;
      const due = status === 'finished' ? 1 : 0;
      return count === due ? [] : [`${runId} is ${status}, and has ${count} decisions`];
    }),
    ...(told.some(({ outcome }) => outcome === 'promoted') ? [] : ['nothing was ever promoted']),
    ...(champion.number === last?.number && champion.champion.run === last.champion.run
      ? []
      : [`champion says decision ${champion.number} in the place of ${last?.number}`]),
    ...(published?.number === last?.since && published?.run === last?.champion.run
      ? []
      : [`the published files are those of ${published?.run}`]),
    ...(last === undefined || there.has(last.champion.run)
      ? []
      : [`the champion ${last.champion.run} is gone`]),
    ...lost,
  ];
}
