/** How a service did under a number of askers, each of which asks again when it is answered. */
export interface Load {
  perSecond: number;
  /** Milliseconds from question to answer. */
  median: number;
  p99: number;
}

/** @param latencies milliseconds of all answers, at least one */
export function loadOf(latencies: readonly number[], seconds: number): Load {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;
  return { perSecond: latencies.length / seconds, median: at(0.5), p99: at(0.99) };
}

/**
 * Lets so many askers ask for so long; the first tenth of the time does not count.
 * @param ask rejects where the answer is none
 */
export async function closedLoop(
  askers: number,
  seconds: number,
  ask: () => Promise<unknown>,
): Promise<Load> {
  const begin = performance.now() + 100 * seconds;
  const end = begin + 1000 * seconds;
  const latencies: number[] = [];
  const asker = async (): Promise<void> => {
    for (let asked = performance.now(); asked < end; ) {
      await ask();
      const answered = performance.now();
      if (asked >= begin && answered < end) latencies.push(answered - asked);
      asked = answered;
    }
  };
  await Promise.all(Array.from({ length: askers }, asker));
  return loadOf(latencies, seconds);
}
