import { uniforms } from '@atelier/random';
import type { Victim } from '../crash-matrix/victims.ts';

/** Clocks of New York: forth at 2:00 in March, back at 2:00 in November. */
export const zone = 'America/New_York';
const first = Date.UTC(2024, 9, 1);
export const wholeYear = 365;
/** On the first 1:30 comes twice; on the second 2:30 does not come. */
export const jumpedOver = '2025-03-09';
const changes = ['2024-11-03', jumpedOver];

/** Until the new year, and from then on: each falls into what its change of clocks does. */
export const cronOf = (date: string): string => (date < '2025' ? '30 1 * * *' : '30 2 * * *');
/** Twice in a year comes a recipe that learns more in the few steps that there are: the gate has something to find. */
export const learningRateOf = (date: string): number =>
  date < '2025' ? 5e-4 : date < '2025-06' ? 3e-3 : 1e-2;

const day = 86_400_000;
const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** What a night meets with. */
export type Happening =
  | { kind: 'quiet' }
  /** A process is killed so many milliseconds after the night began. */
  | { kind: 'kill'; victim: Victim; after: number }
  /** The mirror of the dataset answers this; afterwards it has more images. */
  | { kind: 'away'; status: 404 | 503 }
  /** The mirror has far fewer images than those that were accepted last. */
  | { kind: 'contract' }
  /** The disk under the store is full for so many seconds, or until the next night. */
  | { kind: 'full disk'; seconds?: number }
  /** Nothing starts the night; it is made up for when the machine is back. */
  | { kind: 'off' }
  /** The next night is due at once. */
  | { kind: 'overtaken' };

export interface PlannedNight {
  /** YYYY-MM-DD in the zone. */
  date: string;
  happening: Happening;
  /** One number lets nights of the same data find their work done. */
  seed: number | 'nightly';
}

export interface YearPlan {
  seed: number;
  nights: PlannedNight[];
  /** Runs that a prune keeps, which comes every seventh night. */
  keepLast: number;
}

const sites = { place: 1, kill: 2, victim: 3, after: 4 } as const;

/** In the order in which they come; what lasts several nights is as many happenings. */
const long: readonly Happening[][] = [
  [{ kind: 'off' }, { kind: 'off' }, { kind: 'off' }, { kind: 'off' }],
  [
    { kind: 'away', status: 404 },
    { kind: 'away', status: 503 },
    { kind: 'away', status: 404 },
  ],
  [{ kind: 'overtaken' }, { kind: 'overtaken' }],
  [{ kind: 'contract' }],
  [{ kind: 'full disk', seconds: 20 }],
  [{ kind: 'overtaken' }],
  [{ kind: 'full disk' }],
];
const short: readonly Happening[][] = [
  [{ kind: 'off' }],
  [{ kind: 'away', status: 404 }],
  [{ kind: 'contract' }],
  [{ kind: 'full disk', seconds: 6 }],
];

/**
 * What happens on every night: a function of the seed alone, so that a year can be lived again.
 * @param count of nights; fewer than a year are those around both changes of the clocks
 */
export function planYear(seed: number, count = wholeYear): YearPlan {
  const dates = datesOf(count);
  const isWhole = count >= 60;
  const nights = dates.map(
    (date, i): PlannedNight => ({
      ...{ date, happening: ordinary(seed, i, isWhole ? 1 / 3 : 1), seed: 'nightly' },
    }),
  );
  // The first night makes what others find, the last shows that all is well; clocks do the rest.
  const isFree = (i: number): boolean =>
    i > 0 && i < dates.length - 1 && !changes.includes(dates[i]!);
  for (const [i, night] of nights.entries()) if (!isFree(i)) night.happening = { kind: 'quiet' };
  const blocks = isWhole ? long : short;
  const free = nights.filter((_, i) => isFree(i));
  const room = Math.floor(free.length / blocks.length);
  for (const [b, block] of blocks.entries()) {
    const [draw] = uniforms(1, seed, sites.place, b);
    // Between two of them there is an ordinary night, where there is room.
    const place = b * room + Math.floor(draw! * Math.max(1, room - block.length));
    for (const [n, happening] of block.entries()) free[place + n]!.happening = happening;
  }
  // Of a few nights those alone train that have to.
  if (!isWhole) for (const night of nights) if (night.happening.kind !== 'kill') night.seed = 1;
  return { seed, nights, keepLast: isWhole ? 30 : 4 };
}

function datesOf(count: number): string[] {
  if (count >= wholeYear)
    return Array.from({ length: wholeYear }, (_, i) => dateOf(first + i * day));
  return changes.flatMap((change, c) => {
    const length = c === 0 ? Math.ceil(count / 2) : Math.floor(count / 2);
    const begin = Date.parse(change) - Math.floor(length / 2) * day;
    return Array.from({ length }, (_, i) => dateOf(begin + i * day));
  });
}

/** With a chance, a process that is drawn is killed at a moment that is drawn. */
function ordinary(seed: number, night: number, chance: number): Happening {
  const [draw, which, moment] = [sites.kill, sites.victim, sites.after].map(
    (site) => uniforms(1, seed, site, night)[0]!,
  );
  if (draw! >= chance) return { kind: 'quiet' };
  const victims: Victim[] = ['worker', 'trainer', 'temporal', 'minio', 'supervisor', 'all'];
  return {
    kind: 'kill',
    victim: victims[Math.floor(which! * victims.length)]!,
    after: Math.floor(moment! * 9_000),
  };
}

/** In a few words; none of a quiet night. */
export function describe(happening: Happening): string {
  if (happening.kind === 'kill')
    return `${happening.victim} killed after ${(happening.after / 1_000).toFixed(1)} s`;
  if (happening.kind === 'away') return `dataset away: ${happening.status}`;
  if (happening.kind === 'contract') return 'dataset is another one';
  if (happening.kind === 'full disk')
    return happening.seconds ? `disk full for ${happening.seconds} s` : 'disk full all night';
  return happening.kind === 'quiet' ? '' : happening.kind;
}
