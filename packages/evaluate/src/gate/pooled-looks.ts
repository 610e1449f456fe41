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
 * @param recognised [n] how many of the candidates recognise each image
 * @param looks how many candidates there are
 * @param champion [n] of the same images, 1 where the champion is right
 * @param minimumEffect what the difference has to reach besides
 */
export function poolLooks(
  recognised: Uint16Array,
  looks: number,
  champion: Uint8Array,
  minimumEffect: number,
  { criticalZ: criticalAt }: Spending,
): Pooled {
  const n = champion.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    const value = recognised[i]! / looks - champion[i]!;
    sum += value;
    squares += value ** 2;
  }
  const [difference, standardError, halfStep] = [sum / n, Math.sqrt(squares) / n, 1 / (looks * n)];
  const criticalZ = criticalAt(looks);
  return {
    ...{ looks, difference, standardError },
    z: standardError === 0 ? 0 : (difference - halfStep) / standardError,
    criticalZ,
    criticalDifference: Math.max(minimumEffect, halfStep + criticalZ * standardError),
  };
}
