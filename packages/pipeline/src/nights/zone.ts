import { UserError } from '@atelier/errors';
import { type CronFields, fits, type LocalMinute } from './cron.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/**
 * The name of a time zone, as the time zone database writes it.
 * @throws UserError for what is none, and for `Local`, which is another place on every server
 */
export function checkZone(given: string): string {
  const known = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
  const written = known.find((name) => name.toLowerCase() === given.toLowerCase());
  if (written !== undefined) return written;
  // Older names, such as US/Pacific, are none of these and known to all the same; offsets are not.
  if (/^[A-Za-z]/.test(given) && isZone(given)) return given;
  const word = given.split('/').at(-1)!.toLowerCase().slice(0, 4);
  const near = known.filter((name) => word !== '' && name.toLowerCase().includes(word)).slice(0, 3);
  throw new UserError({
    what: 'There is no such time zone.',
    where: '--timezone',
    expected: `a name of the time zone database, such as ${(near.length > 0 ? near : ['Europe/Berlin', 'UTC']).join(' or ')}`,
    found: JSON.stringify(given),
  });
}

function isZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }) !== undefined;
  } catch {
    return false;
  }
}

/** This machine's time zone. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes that clocks in a zone are ahead of UTC. */
function offsetAt(timeZone: string, instant: number): number {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset', year: 'numeric' });
  formats.set(timeZone, format);
  const text = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')!.value;
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(text) ?? [];
  const size = 60 * Number(hours ?? 0) + Number(minutes ?? 0);
  return sign === '-' ? -size : size;
}

/** What a clock in a zone shows. */
export const localMinute = (zone: string, instant: number): LocalMinute =>
  asMinute(instant + minuteMs * offsetAt(zone, instant));

/** @param local an instant of a clock, as if it showed UTC */
function asMinute(local: number): LocalMinute {
  const date = new Date(local);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
  };
}

/** The instant at which a day begins in a zone. @param date YYYY-MM-DD */
export function startOfDay(zone: string, date: string): Date {
  const local = Date.parse(`${date}T00:00:00Z`);
  const guess = local - minuteMs * offsetAt(zone, local);
  return new Date(local - minuteMs * offsetAt(zone, guess));
}

/** A change of a zone's clocks. */
interface Change {
  /** Milliseconds since 1970: the first moment of the new offset. */
  instant: number;
  /** Minutes ahead of UTC. */
  before: number;
  after: number;
}

// Less than between any two changes that a zone has had in this century.
const stride = 7 * dayMs;

/** Every change of a zone's clocks between two instants. */
export function clockChanges(zone: string, from: number, to: number): Change[] {
  const changes: Change[] = [];
  for (let start = from; start < to; start += stride) {
    const before = offsetAt(zone, start);
    const after = offsetAt(zone, start + stride);
    if (before === after) continue;
    let [low, high] = [Math.floor(start / minuteMs), Math.ceil((start + stride) / minuteMs)];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (offsetAt(zone, middle * minuteMs) === before) low = middle;
      else high = middle;
    }
    changes.push({ instant: high * minuteMs, before, after });
  }
  return changes;
}

const two = (n: number): string => String(n).padStart(2, '0');
const dateOf = ({ year, month, day }: LocalMinute): string => `${year}-${two(month)}-${two(day)}`;

/** A night that no clock shows. */
export interface GapNight {
  /** YYYY-MM-DD */
  date: string;
  /** HH:MM, which is left out that night. */
  time: string;
}

/**
 * The nights of a schedule that fall into the gap that clocks jump over in spring, one a day.
 * Temporal starts none of them, except where the gap is shorter than an hour (Lord Howe Island's)
 * and leaves something of the hour that is meant: then it starts the night that much later.
 */
export function gapNights(
  fields: CronFields,
  zone: string,
  from: Date,
  to = new Date(from.getTime() + 2 * 366 * dayMs),
): GapNight[] {
  const nights = new Map<string, GapNight>();
  for (const { instant, before, after } of clockChanges(zone, from.getTime(), to.getTime()))
    for (let minute = before; minute < after; minute++) {
      const local = asMinute(instant + minuteMs * minute);
      const date = dateOf(local);
      if (local.minute + after - before < 60) continue;
      if (fits(fields, local) && !nights.has(date))
        nights.set(date, { date, time: `${two(local.hour)}:${two(local.minute)}` });
    }
  return [...nights.values()];
}

/**
 * When the fields fit a zone's clock, between two moments, by this machine's knowledge of the zone.
 * A time that comes twice is due twice.
 */
export function dueTimes(fields: CronFields, zone: string, from: Date, to: Date): Date[] {
  const due: Date[] = [];
  const changes = clockChanges(zone, from.getTime(), to.getTime());
  let offset = offsetAt(zone, from.getTime());
  const first = Math.floor(from.getTime() / minuteMs) + 1;
  for (let minute = first; minute * minuteMs <= to.getTime(); minute++) {
    if (changes[0] && changes[0].instant <= minute * minuteMs) offset = changes.shift()!.after;
    if (fits(fields, asMinute((minute + offset) * minuteMs))) due.push(new Date(minute * minuteMs));
  }
  return due;
}

/**
 * The first of two instants that one clock shows alike, as it does in the hour that comes twice in
 * autumn; undefined where this instant is the first or the only one.
 */
export function firstOfTwice(zone: string, instant: Date): Date | undefined {
  const time = instant.getTime();
  const [change] = clockChanges(zone, time - dayMs, time + minuteMs).filter(
    ({ instant: changed, before, after }) => changed <= time && before > after,
  );
  if (change === undefined) return undefined;
  const first = time - minuteMs * (change.before - change.after);
  return first < change.instant ? new Date(first) : undefined;
}

/** A moment as people of a zone write it, and as Temporal does: `Sat 28 Nov 2026 04:30 …`. */
export function nightText(zone: string, instant: Date): string {
  const { hour, minute, ...date } = localMinute(zone, instant.getTime());
  const day = new Date(Date.UTC(date.year, date.month - 1, date.day)).toUTCString().slice(0, 16);
  return `${day.replace(',', '')} ${two(hour)}:${two(minute)}`;
}
