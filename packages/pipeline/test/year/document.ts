import { changesChampion } from '../../src/registry/decision.ts';
import { victims } from '../crash-matrix/victims.ts';
import type { Evidence } from './evidence.ts';
import { describe, wholeYear, zone } from './plan.ts';

/** docs/a-year.md. */
export function formatYear(evidence: Evidence, problems: readonly string[]): string {
  const { plan, due, rows, kills, messages, months, noDisk, seconds, chosen } = evidence;
  const decisions = evidence.decisions.flatMap((one) => ('problem' in one ? [] : [one]));
  const { seed, nights, keepLast } = plan;
  const isWhole = nights.length >= wholeYear;
  const ids = new Set(messages.map(({ id }) => id));
  const verdict =
    problems.length === 0
      ? `All ${nights.length} nights are accounted for.`
      : `**Not as it should be (${problems.length}):**`;
  return `# A year of nights

${nights.length} nights of one schedule, one after the other, on real services (supervisor, Temporal, MinIO,
worker, trainer), started by Temporal for the times at which they were due. Every night trains a small
network of its own seed; a webhook is told, which refuses every message when it comes first. Nobody
retries, aborts or mends a run. What happens follows from one number, so that a year can be lived
again:

    npx nx run pipeline:year --seed ${seed}       # writes this page
    npx nx run pipeline:year --nights 30    # fewer, around both changes of the clocks
    npx nx run pipeline:year --minutes 60   # as many as that takes

- One night in three, a process that is drawn is killed at a moment that is drawn.
- The dataset is followed: every night looks at its mirror, which is away for three nights and then has
  some images more; for one night it has far too few, against the data contract.
- The disk under the store is full, for some seconds and for a whole night.
- The machine is off for four nights, which \`schedule --backfill\` makes up for.
- Three nights are still going on when the next is due.
- The clocks of ${zone}: 1:30 comes twice in autumn, and 2:30 not at all in spring.
- Every night's model is put before the gate, as schedules have it unless told otherwise: the first
  comes into use, later ones on evidence. Twice in the year comes a recipe that
  learns more.
- Every seventh night, beside a night that goes on, all but the last ${keepLast} runs are removed. Time is
  simulated for what is due alone: a run is as old as it really is, so that this counts what is older
  than 20 s as old, in the place of an hour.

Ten nights with one of each are part of \`npm test\`.

## Result

${verdict}
${problems.map((problem) => `\n- ${problem}`).join('')}
- ${due.length} times were due, each of which has one run: ${countsOf(rows.map(({ status }) => status))}.
- ${kills.filter(({ hit }) => hit).length} of ${kills.length} kills met their process: ${victims.map((victim) => `${kills.filter((kill) => kill.hit && kill.victim === victim).length} ${victim}`).join(', ')}.
- ${ids.size} messages were delivered, ${messages.length - ids.size} of them more than once.
- ${decisions.length} decisions stand in the registry's log, one for each night that finished, without a gap: ${countsOf(decisions.map(({ outcome }) => outcome))}.
- ${chosen.length} runs were removed, the models in use and before never; all that the others need is whole by \`verify\`, nothing else is left,
  and \`runs\` lists what is on record.
${noDisk === undefined ? '' : `- No disk was full: ${noDisk}.\n`}
${isWhole ? '' : `The time that was given ended on ${nights.at(-1)!.date}: what comes later in a year, of all that is listed above, did not come.\n\n`}Lived on ${new Date().toISOString().slice(0, 10)} in ${(seconds / 60).toFixed(0)} minutes, ${(seconds / nights.length).toFixed(1)} s a night.

## What came into use

${table(
  ['decision', 'run', 'why'],
  decisions
    .filter(changesChampion)
    .map(({ number, candidate, reason }) => [`${number}`, candidate.run, reason]),
)}

## What is stored at the end of each month

${table(
  ['month', 'runs', 'objects', 'MB', 'MB of the disk', "MB of Temporal's database"],
  months.map(({ month, runs, objects, bytes, disk, temporal }) => [
    month,
    `${runs}`,
    `${objects}`,
    mb(bytes),
    disk === undefined ? '-' : mb(disk),
    mb(temporal),
  ]),
)}

## Nights that were not quiet

${table(
  ['night', 'what happened', 'it ended as'],
  due.flatMap(({ date, run, happening, again }) => {
    const what = again ? 'its time came twice' : describe(happening);
    const status = rows.find(({ runId }) => runId === run)?.status ?? '-';
    return what === '' ? [] : [[date, what, status]];
  }),
)}
`;
}

/** How often there is each of them, in alphabetical order. */
function countsOf(words: readonly string[]): string {
  const kinds = [...new Set(words)].sort();
  return kinds.map((kind) => `${words.filter((word) => word === kind).length} ${kind}`).join(', ');
}

const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);

function table(header: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
