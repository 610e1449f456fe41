import { gateRuleSchema } from '../../src/gate/index.ts';
import { poolLooks } from '../../src/gate/pooled-looks.ts';
import { spendingOf } from '../../src/gate/spending.ts';
import { drawChances, drawRun, improved, settled } from './population.ts';
import { level, type RuleName, rules } from './rules.ts';

/** What a year is made of. */
export interface Situation {
  /** Of the gate split. */
  images: number;
  nights: number;
  /** By how much the candidates are truly better, as a fraction. */
  effect: number;
  /** How the champion came about: by default it is a run of the recipe like any other. */
  champion?: keyof typeof champions;
  /** The share of images to which every night's candidate answers what the first one does. */
  alike?: number;
}

const { minimumEffect } = gateRuleSchema.parse({});
const spending = spendingOf(level);
const names = Object.keys(rules) as RuleName[];

const champions = {
  'any run': (chance: Float64Array, year: number) => drawRun(chance, streams.champion, year),
  /** What a gate leaves behind: of 20 equally good runs the one with the best number. */
  'luckiest of 20': (chance: Float64Array, year: number): Uint8Array => {
    const runs = Array.from({ length: 20 }, (_, i) => drawRun(chance, streams.champion, year, i));
    const right = runs.map((hits) => hits.reduce((a, b) => a + b, 0));
    return runs[right.indexOf(Math.max(...right))]!;
  },
  /** No run's luck is in it: it knows what runs mostly know, and is as good as they are. */
  settled: (chance: Float64Array, year: number): Uint8Array =>
    drawRun(chance.map(settled), streams.champion, year),
};

/** Each rule's night of promotion; of who promotes nothing in all nights, Infinity. */
export type Year = Record<RuleName, number>;

/** Names the streams of random numbers. */
const streams = { images: 1, champion: 2, night: 3, alike: 4 };

export function live(situation: Situation, year: number, only = names): Year {
  const { images, nights, effect, alike = 0 } = situation;
  const all = drawChances(images, streams.images, year);
  // Whatever every run recognises, or none, adds nothing to a difference.
  const chance = all.filter((p) => improved(p, effect) > 0 && p < 1);
  const champion = champions[situation.champion ?? 'any run'](chance, year);
  const better = chance.map((p) => improved(p, effect));
  const kept = Math.round(alike * chance.length);
  const recognised = new Uint16Array(chance.length);
  const first = drawRun(better, streams.alike, year);
  const deciding = new Map(only.map((name) => [name, rules[name]()]));
  const promoted = Object.fromEntries(
    names.map((name) => [name, Number.POSITIVE_INFINITY]),
  ) as Year;
  for (let number = 1; number <= nights && deciding.size > 0; number++) {
    const candidate = drawRun(better, streams.night, year, number);
    candidate.set(first.subarray(0, kept));
    let [candidateOnly, championOnly] = [0, 0];
    for (let i = 0; i < candidate.length; i++) {
      recognised[i]! += candidate[i]!;
      if (candidate[i]! > champion[i]!) candidateOnly += 1;
      else if (candidate[i]! < champion[i]!) championOnly += 1;
    }
    const { z, criticalZ } = poolLooks(recognised, number, champion, 0, spending);
    const isBetter = candidateOnly - championOnly >= minimumEffect * images;
    const night = { number, candidateOnly, championOnly, better: isBetter, z, criticalZ };
    for (const [name, promotes] of deciding) {
      if (!promotes(night)) continue;
      promoted[name] = number;
      deciding.delete(name);
    }
  }
  return promoted;
}
