/** All that report.json holds besides wall times and which runs did the work: equal for equal runs. */
export function reportNumbers(content: string): unknown {
  const { training, timings: _timings, result, history, ...rest } = JSON.parse(content);
  const { trainingSeconds: _seconds, ...numbers } = result;
  const timeless = history.map(({ seconds: _, ...epoch }: Record<string, number>) => epoch);
  return { ...rest, training: training.fingerprint, result: numbers, history: timeless };
}
