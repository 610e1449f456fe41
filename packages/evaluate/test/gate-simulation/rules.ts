import { exactMcNemar } from '../../src/comparison/paired-proportions.ts';
import { upperTail } from '../../src/gate/normal.ts';

/** What rules are told of a night. */
interface Night {
  /** From 1. */
  number: number;
  /** Images that one of the two alone recognises. */
  candidateOnly: number;
  championOnly: number;
  /** Whether tonight's candidate is better by the minimum effect. */
  better: boolean;
  /** Of the mean over all nights, with the champion's part in its error. */
  z: number;
  /** What the rule that is used demands of z. */
  criticalZ: number;
}

export const level = 0.05;

/** Begins a year; says of each night whether the candidate is promoted. */
type Rule = () => (night: Night) => boolean;

/** A share of the level for the k-th night, so that all of them have 1. */
const share = (k: number): number => 6 / (Math.PI * k) ** 2;

/** One-sided, tonight's two models alone. */
const nightly = ({ candidateOnly, championOnly }: Night): number =>
  candidateOnly > championOnly
    ? exactMcNemar({ onlyA: candidateOnly, onlyB: championOnly }) / 2
    : 1;

/** The information that k nights hold, in units of what unlimited nights do. */
const information = (k: number): number => k / (k + 1);

export const rules = {
  'the better number': () => (night) => night.better,
  'McNemar every night at 5 %': () => (night) => night.better && nightly(night) < level,
  'McNemar every night, the level spent over the nights': () => (night) =>
    night.better && nightly(night) < level * share(night.number),
  'all nights pooled as if independent, the level spent': () => {
    let [won, lost] = [0, 0];
    return (night) => {
      won += night.candidateOnly;
      lost += night.championOnly;
      const z = (won - lost) / Math.sqrt(Math.max(1, won + lost));
      return night.better && upperTail(z) < level * share(night.number);
    };
  },
  'e-values of every night, their weighted mean': () => {
    let evidence = 0;
    return (night) => {
      evidence += share(night.number) * eValue(night);
      return night.better && evidence >= 1 / level;
    };
  },
  'e-process of the pooled nights': () => (night) => night.better && eProcess(night) >= 1 / level,
  'pooled nights, a constant boundary for z': () => (night) => night.better && night.z >= constantZ,
  "pooled nights, O'Brien and Fleming's boundary": () => (night) =>
    night.better && night.z >= night.criticalZ,
} satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
export const chosen: RuleName = "pooled nights, O'Brien and Fleming's boundary";

/** Pocock's boundary for the level of 5 % at these times, from 200,000 simulated motions. */
const constantZ = 2.07;

/** Chances of winning a divided image that a better candidate might have. */
const alternatives = Array.from({ length: 30 }, (_, i) => 0.505 + i / 100);

/**
 * A likelihood ratio against an even chance, the mean over alternatives: at most 1 on average where
 * the candidate is no better. Nights are not independent, so that their product would be no such
 * thing, but a weighted mean always is: Vovk & Wang, "E-values: calibration, combination and
 * applications" (2021).
 */
function eValue({ candidateOnly, championOnly }: Night): number {
  const ratios = alternatives.map((p) =>
    Math.exp(candidateOnly * Math.log(2 * p) + championOnly * Math.log(2 - 2 * p)),
  );
  return ratios.reduce((a, b) => a + b, 0) / ratios.length;
}

/** How large an effect is expected, in standard errors of unlimited nights: about half a point. */
const spread = 2;

/**
 * The likelihood ratio of Brownian motion with an upward drift to one without, mixed over the drift by
 * half a normal distribution: Robbins, "Statistical methods related to the law of the iterated
 * logarithm" (1970); Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence
 * sequences" (2024).
 */
function eProcess({ z, number }: Night): number {
  const time = information(number);
  const scale = 1 + spread ** 2 * time;
  const motion = z * Math.sqrt(time);
  const x = (spread * motion) / Math.sqrt(scale);
  return (2 / Math.sqrt(scale)) * Math.exp(x ** 2 / 2) * (1 - upperTail(x));
}
