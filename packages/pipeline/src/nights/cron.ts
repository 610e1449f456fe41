import { UserError } from '@atelier/errors';

/** The values that each field allows. All five have to fit, as Temporal takes them. */
export interface CronFields {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  daysOfMonth: ReadonlySet<number>;
  /** From 1 on. */
  months: ReadonlySet<number>;
  /** Sunday is 0. */
  daysOfWeek: ReadonlySet<number>;
}

/** When a schedule starts its runs. */
export interface Cron {
  /** As it was written, its fields one space apart. */
  text: string;
  /** Absent for `@every`, which counts from 1970 on and knows no time of day. */
  fields?: CronFields;
}

/** What a local clock and calendar show. */
export interface LocalMinute {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

interface Field {
  key: keyof CronFields;
  title: string;
  first: number;
  last: number;
  names: readonly string[];
}

const cronFields: readonly Field[] = [
  { key: 'minutes', title: 'minute', first: 0, last: 59, names: [] },
  { key: 'hours', title: 'hour', first: 0, last: 23, names: [] },
  { key: 'daysOfMonth', title: 'day of the month', first: 1, last: 31, names: [] },
  {
    ...{ key: 'months', title: 'month', first: 1, last: 12 },
    names: 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' '),
  },
  {
    ...{ key: 'daysOfWeek', title: 'day of the week', first: 0, last: 7 },
    names: 'sun mon tue wed thu fri sat'.split(' '),
  },
];

const shorthands: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const every = /^@every [1-9]\d*[smhd](\/\d+[smhd])?$/;

/**
 * Reads five fields or an @-name. Temporal takes more (a year, seconds, a time zone before them, a
 * comment behind them), by which a slip of the hand becomes another schedule.
 * @param from the schedule has to start a run after this
 * @throws UserError for anything else, and for what never comes
 */
export function readCron(given: string, from = new Date()): Cron {
  const text = given.trim().split(/\s+/).join(' ');
  if (every.test(text)) return { text };
  if (text.startsWith('@') && !Object.hasOwn(shorthands, text))
    throw refusal(
      `five fields, @every with a duration such as 6h, or ${Object.keys(shorthands).join(', ')}`,
      JSON.stringify(given),
    );
  const words = (shorthands[text] ?? text).split(' ');
  if (words.length !== cronFields.length)
    throw refusal(
      `five fields: ${cronFields.map(({ title }) => title).join(', ')}`,
      `${words.length} in ${JSON.stringify(given)}`,
    );
  const sets = cronFields.map((field, i) => [field.key, readField(field, words[i]!)]);
  const fields = Object.fromEntries(sets) as unknown as CronFields;
  if (!comes(fields, from))
    throw refusal('a day that comes', `${JSON.stringify(given)}: no day is all of this`);
  return { text, fields };
}

/** `*`, `5`, `1-5`, `2/10`, `mon-fri`, and lists of them. */
function readField(field: Field, word: string): Set<number> {
  const values = new Set<number>();
  for (const part of word.split(',')) {
    const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const start = from === '*' ? field.first : numberOf(field, from);
    const whole = from === '*' || (step !== undefined && to === undefined);
    const end = to !== undefined ? numberOf(field, to) : whole ? field.last : start;
    const stride = Number(step ?? 1);
    if (
      start === undefined ||
      end === undefined ||
      end < start ||
      stride < 1 ||
      (from === '*' && to)
    )
      throw refusal(
        `${field.title}: ${field.first} to ${field.last}${field.names.length ? ` or ${field.names[0]} to ${field.names.at(-1)}` : ''}, *, a-b, a-b/step, lists of these`,
        JSON.stringify(part),
      );
    // Both 0 and 7 are Sunday.
    for (let value = start; value <= end; value += stride)
      values.add(field.key === 'daysOfWeek' ? value % 7 : value);
  }
  return values;
}

function numberOf({ first, last, names }: Field, word: string | undefined): number | undefined {
  if (word === undefined) return undefined;
  const name = names.indexOf(word.toLowerCase());
  if (name >= 0) return first + name;
  const value = /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN;
  return value >= first && value <= last ? value : undefined;
}

const refusal = (expected: string, found: string): UserError =>
  new UserError({
    what: 'This cannot be the time of a schedule.',
    where: '--cron',
    expected,
    found,
    remedy: '"30 4 * * *" is every night at half past four',
  });

const dayMs = 86_400_000;
/** Every day of the week has been a 29 February once within them. */
const years = 40;

/** Whether any day is among the days that the fields name. */
function comes(fields: CronFields, from: Date): boolean {
  for (let day = 0; day < years * 366; day++) {
    const date = new Date(from.getTime() + day * dayMs);
    if (fitsDay(fields, date)) return true;
  }
  return false;
}

const fitsDay = ({ daysOfMonth, months, daysOfWeek }: CronFields, date: Date): boolean =>
  daysOfMonth.has(date.getUTCDate()) &&
  months.has(date.getUTCMonth() + 1) &&
  daysOfWeek.has(date.getUTCDay());

/** Whether the fields name this minute, whether or not a clock ever shows it. */
export const fits = (
  fields: CronFields,
  { year, month, day, hour, minute }: LocalMinute,
): boolean =>
  fields.minutes.has(minute) &&
  fields.hours.has(hour) &&
  fitsDay(fields, new Date(Date.UTC(year, month - 1, day)));
