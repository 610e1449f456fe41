import { counted, percent } from '../numbers.ts';
import { type Html, html } from '../page/html.ts';
import { type Outcome, outcomeOf, type RunEntry } from './run-entry.ts';

const weeks = 53;
const dayMilliseconds = 86_400_000;

/** Not by colour alone. */
const signs: Record<Outcome | 'none', string> = {
  promoted: '★',
  good: '●',
  bad: '✕',
  open: '○',
  none: '·',
};

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/**
 * A year of days, a week a column, Monday first: what became of each day's last run.
 * @param madeAt ISO 8601; its day, in UTC, is the last one
 */
export function calendar(entries: readonly RunEntry[], madeAt: string): Html {
  const days = new Map<string, RunEntry[]>();
  for (const entry of entries) {
    const day = dayOf(Date.parse(entry.startedAt));
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  const today = Date.parse(`${madeAt.slice(0, 10)}T00:00:00Z`);
  const weekday = (new Date(today).getUTCDay() + 6) % 7;
  const first = today - ((weeks - 1) * 7 + weekday) * dayMilliseconds;
  const shown = Array.from({ length: (today - first) / dayMilliseconds + 1 }, (_, i) =>
    dayOf(first + i * dayMilliseconds),
  );
  const counts = { promoted: 0, good: 0, bad: 0, open: 0, none: 0 };
  const cells = shown.map((day) => {
    const last = lastOf(days.get(day) ?? []);
    const kind = last ? outcomeOf(last) : 'none';
    counts[kind] += 1;
    return html`<span class="day ${kind}" title="${day}: ${last ? spoken(last) : 'no run'}">${signs[kind]}</span>`;
  });
  const summary = `Of ${counted(shown.length, 'day')} up to ${madeAt.slice(0, 10)}, the last run finished on ${counts.good + counts.promoted}, of which its model was put in use on ${counts.promoted}, failed, was stopped or skipped on ${counts.bad}, and is open on ${counts.open}; ${counts.none} had none.`;
  return html`<p>${summary}</p>
<div class="scroll" tabindex="0" role="region" aria-label="Calendar"><div class="calendar" role="img" aria-label="${summary}">${cells}</div></div>
<p class="keys"><span><i class="day promoted">${signs.promoted}</i>finished, model put in use</span> <span><i class="day good">${signs.good}</i>finished</span> <span><i class="day bad">${signs.bad}</i>failed, stopped or skipped</span> <span><i class="day open">${signs.open}</i>running or parked</span> <span><i class="day none">${signs.none}</i>no run</span></p>`;
}

const lastOf = (entries: readonly RunEntry[]): RunEntry | undefined =>
  entries.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))[0];

function spoken({ run, status, testAccuracy, why, verdict }: RunEntry): string {
  const result = testAccuracy === undefined ? '' : `, test ${percent(testAccuracy)}`;
  const decided = verdict === undefined ? '' : `, ${verdict.outcome}`;
  return `${run} ${status}${result}${decided}${why ? `, ${why}` : ''}`;
}
