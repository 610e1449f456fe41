import type { Contender } from './contender.ts';

export interface Repetitions {
  /** Measured ones; one more, not counted, comes first. */
  count: number;
  onRound?: (round: number) => void;
}

/**
 * Measures contenders in turn, A B C A B C …, so that whatever slows the machine for a while slows
 * them all. Only one computes at a time.
 * @returns each one's milliseconds per step, in the order of the contenders
 */
export async function interleave(
  contenders: readonly Pick<Contender, 'repetition'>[],
  { count, onRound }: Repetitions,
): Promise<number[][]> {
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round <= count; round++) {
    onRound?.(round);
    for (const [i, contender] of contenders.entries()) {
      const time = await contender.repetition();
      if (round > 0) times[i]!.push(time);
    }
  }
  return times;
}
