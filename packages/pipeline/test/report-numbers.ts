/** All that report.json holds besides wall times and the run's name: equal for equal runs. */
export function reportNumbers(content: string): unknown {
  const { run: _run, timings: _timings, result, history, ...rest } = JSON.parse(content);
  const { trainingSeconds: _seconds, ...numbers } = result;
  const timeless = history.map(({ seconds: _, ...epoch }: Record<string, number>) => epoch);
  return { ...rest, result: numbers, history: timeless };
}
