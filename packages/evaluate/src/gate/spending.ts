import { upperTail } from './normal.ts';

/**
 * How a level is spent over looks that share the champion.
 *
 * The mean over k nights of candidate less champion has a variance of two parts: that of the
 * champion, A, which every night has in common, and that of the candidates, B / k. So k looks hold
 * the information 1 / (A + B / k), and unlimited ones no more than 1 / A. Where candidates and
 * champion vary alike, A = B and the share of the information is k / (k + 1): half of it comes with
 * the first night. Means of growing samples, each in units of its information, are Brownian motion
 * looked at at these times (the canonical joint distribution; Jennison & Turnbull, "Group sequential
 * methods with applications to clinical trials" (2000), chapter 3; Lan & DeMets, "Discrete
 * sequential boundaries for clinical trials" (1983)). The boundary is O'Brien and Fleming's, a
 * constant for that motion ("A multiple testing procedure for clinical trials" (1979)): a look at
 * the share t of the information has to reach boundary / √t standard errors.
 */
export interface Spending {
  /** What z has to reach at the k-th look. @param k from 1 */
  criticalZ(k: number): number;
  /** The chance that one of the first k looks reaches it where there is nothing to find. */
  spent(k: number): number;
}

/** Looks that are reckoned one by one; the later ones count as if it were looked without pause. */
const reckoned = 20;

/** The share of all information that k looks hold. */
const informationAfter = (k: number): number => k / (k + 1);

/** @param level chance that unlimited looks find something where there is nothing */
export function spendingOf(level: number): Spending {
  const times = Array.from({ length: reckoned }, (_, i) => informationAfter(i + 1));
  let [low, high] = [0, 5];
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (crossings(middle, times).until(1) > level) low = middle;
    else high = middle;
  }
  const { atLooks, until } = crossings(high, times);
  return {
    criticalZ: (k) => high / Math.sqrt(informationAfter(k)),
    spent: (k) => atLooks[k - 1] ?? until(informationAfter(k)),
  };
}

/** Brownian motion is followed on cells of this width, down to this far below the boundary. */
const [width, depth] = [0.03, 6];

/**
 * The chance that Brownian motion from 0 is at or above `boundary` at one of the times, by recursion
 * over them: Armitage, McPherson & Rowe, "Repeated significance tests on accumulating data" (1969).
 * @param times ascending, above 0
 */
export function crossings(boundary: number, times: readonly number[]) {
  const cells = Math.ceil(depth / width);
  const distance = Float64Array.from({ length: cells }, (_, i) => (i + 0.5) * width);
  let below = distance.map((d) => density(boundary - d, times[0]!));
  const atLooks = [upperTail(boundary / Math.sqrt(times[0]!))];
  for (const [i, time] of times.slice(1).entries()) {
    const step = time - times[i]!;
    const reached = distance.map((d, j) => below[j]! * upperTail(d / Math.sqrt(step)));
    atLooks.push(atLooks[i]! + width * total(reached));
    below = spread(below, step);
  }
  const [last, lastTime] = [atLooks.at(-1)!, times.at(-1)!];
  return {
    /** By the first time, by the second, … */
    atLooks,
    /** By a later time, looked at without pause from the last one on: the reflection principle. */
    until: (time: number): number => {
      const deviation = Math.sqrt(time - lastTime);
      return last + width * total(below.map((f, j) => 2 * f * upperTail(distance[j]! / deviation)));
    },
  };
}

const density = (x: number, variance: number): number =>
  Math.exp(-(x ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

/** A density on the cells, after a normal step. */
function spread(below: Float64Array<ArrayBuffer>, variance: number): Float64Array<ArrayBuffer> {
  const reach = Math.min(below.length - 1, Math.ceil((8 * Math.sqrt(variance)) / width));
  const kernel = Float64Array.from({ length: reach + 1 }, (_, i) => density(i * width, variance));
  return below.map((_, i) => {
    let sum = 0;
    const to = Math.min(below.length - 1, i + reach);
    for (let j = Math.max(0, i - reach); j <= to; j++) sum += below[j]! * kernel[Math.abs(i - j)]!;
    return sum * width;
  });
}

const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
