import { compareRecall, lostClasses } from '../../src/gate/guards.ts';
import { gateRuleSchema } from '../../src/gate/index.ts';
import { drawChances, drawRun, sixRuns } from './population.ts';
import { chosen, type RuleName, rules } from './rules.ts';
import { live, type Situation, type Year } from './year.ts';

export const names = Object.keys(rules) as RuleName[];

/** A year of candidates that are no better, by what may make it different from the plain one. */
export const nullYears: Record<string, Situation> = {
  '2,500 images': { images: 2500, nights: 365, effect: 0 },
  '200 images': { images: 200, nights: 365, effect: 0 },
  '5,000 images': { images: 5000, nights: 365, effect: 0 },
  'candidates alike': { images: 2500, nights: 365, effect: 0, alike: 0.5 },
  'settled champion': { images: 2500, nights: 365, effect: 0, champion: 'settled' },
  'lucky champion': { images: 2500, nights: 365, effect: 0, champion: 'luckiest of 20' },
};

/** The share of years in which each rule promotes, by the night given at the latest. */
export function promoting(years: readonly Year[], nights: number): Record<RuleName, number> {
  const share = (name: RuleName) =>
    years.filter((year) => year[name] <= nights).length / years.length;
  return Object.fromEntries(names.map((name) => [name, share(name)])) as Record<RuleName, number>;
}

export const lived = (situation: Situation, years: number, only?: RuleName[]): Year[] =>
  Array.from({ length: years }, (_, year) => live(situation, year, only));

export const effects = [0.0025, 0.005, 0.01] as const;
export const sizes = [1000, 2500, 5000, 10_000] as const;

/** For each effect and size, when the chosen rule promotes in 60 nights. */
export const powerYears = (years: number) =>
  effects.map((effect) =>
    sizes.map((images) =>
      lived({ images, nights: 60, effect }, years, [chosen]).map((year) => year[chosen]),
    ),
  );

/** A class that loses recall while the others stay as good; the falls that are tried, as fractions. */
export const falls = [0, 0.04, 0.06, 0.08, 0.12, 0.16] as const;

/** How often a candidate is held back for its recall, if that of one class falls by so much. */
export function heldForRecall(
  losing: string,
  fall: number,
  images: number,
  nights: number,
): number {
  const classes = sixRuns.classes.map(({ name }) => name);
  const { recallMargin } = gateRuleSchema.parse({});
  const labels = Uint8Array.from({ length: images }, (_, i) => i % classes.length);
  const { rightBy } = sixRuns.classes.find(({ name }) => name === losing)!;
  const total = rightBy.reduce((a, b) => a + b, 0);
  const recall = rightBy.reduce((sum, count, k) => sum + count * k, 0) / total / sixRuns.runs;
  const held = Array.from({ length: nights }, (_, night) => {
    const chance = drawChances(images, 11, night);
    const champion = drawRun(chance, 12, night);
    const worse = chance.map((p, i) =>
      classes[labels[i]!] === losing ? p * (1 - fall / recall) : p,
    );
    const compared = compareRecall(drawRun(worse, 13, night), champion, labels, classes);
    return lostClasses(compared, recallMargin).length > 0;
  });
  return held.filter(Boolean).length / nights;
}
