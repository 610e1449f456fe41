import type { Spending } from './spending.ts';

type Pooled = {
  looks: number;
  difference: number;
  standardError: number;
  z: number;
  criticalZ: number;
  criticalDifference: number;
};

/**
 * The candidates of all nights against their one champion. An image's value is the share of the
 * candidates that recognise it, less 1 where the champion does; the images are a sample, so that the
 * mean's error is theirs over √n. It holds what the nights have in common: the champion's luck on
 * these images, and whatever makes the candidates alike. No two nights need be independent.
 *
 * The error is that of no difference, as in McNemar's test, and z is reckoned half a step of the
 * mean nearer to 0, as Edwards corrects that test ("Note on the 'correction for continuity'" (1948)).
 * @param recognisedBy for every candidate, [n] 1 where it is right
 * @param champion [n] of the same images
 * @param minimumEffect what the difference has to reach besides
 */
export function poolLooks(
  recognisedBy: readonly Uint8Array[],
  champion: Uint8Array,
  minimumEffect: number,
  { criticalZ: criticalAt }: Spending,
): Pooled {
  const [looks, n] = [recognisedBy.length, champion.length];
  let [sum, squares] = [0, 0];
  champion.forEach((hit, i) => {
    const value = recognisedBy.reduce((hits, candidate) => hits + candidate[i]!, 0) / looks - hit;
    sum += value;
    squares += value ** 2;
  });
  const [difference, standardError, halfStep] = [sum / n, Math.sqrt(squares) / n, 1 / (looks * n)];
  const criticalZ = criticalAt(looks);
  return {
    ...{ looks, difference, standardError },
    z: standardError === 0 ? 0 : (difference - halfStep) / standardError,
    criticalZ,
    criticalDifference: Math.max(minimumEffect, halfStep + criticalZ * standardError),
  };
}
