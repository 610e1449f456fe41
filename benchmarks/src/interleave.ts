export interface Repetitions {
  /** Measured ones; one more, not counted, comes first. */
  count: number;
  onRound?: (round: number) => void;
}

/**
 * Measures contenders in turn, A B C A B C …, so that whatever slows the machine for a while slows
 * them all. Only one computes at a time.
 * @returns what each one's repetitions gave, in the order of the contenders
 */
export async function interleave<T>(
  contenders: readonly { repetition(): Promise<T> }[],
  { count, onRound }: Repetitions,
): Promise<T[][]> {
  const measured: T[][] = contenders.map(() => []);
  for (let round = 0; round <= count; round++) {
    onRound?.(round);
    for (const [i, contender] of contenders.entries()) {
      const result = await contender.repetition();
      if (round > 0) measured[i]!.push(result);
    }
  }
  return measured;
}
