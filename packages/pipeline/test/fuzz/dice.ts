import { uniforms } from '@atelier/random';

/** Choices that depend on a key alone, so that whatever was chosen can be chosen again. */
export interface Dice {
  /** An integer from 0 to n - 1. */
  below(n: number): number;
  pick<T>(of: readonly T[]): T;
}

const drawnAtOnce = 32;

export function diceOf(...key: number[]): Dice {
  let draws = uniforms(0);
  let position = 0;
  let drawn = 0;
  const below = (n: number): number => {
    if (position === draws.length) {
      draws = uniforms(drawnAtOnce, ...key, drawn++);
      position = 0;
    }
    return Math.floor(draws[position++]! * n);
  };
  return { below, pick: (of) => of[below(of.length)]! };
}
