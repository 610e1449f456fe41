import { print } from './command.ts';
import { Contender, type Versions, type Work } from './contender.ts';
import { interleave } from './interleave.ts';
import { type Row, startOrSkip } from './rows.ts';
import type { Measured } from './speed-result.ts';

/**
 * Measures rows, interleaved; one that this machine lacks the means for is skipped.
 * @param workOf what a row's repetition computes
 * @param count measured repetitions
 * @param onReady is called before anything is measured
 */
export async function measureRows<K extends string>(
  rows: readonly (readonly [K, Row])[],
  workOf: (row: Row) => Work,
  count: number,
  onReady: (contenders: ReadonlyMap<K, Contender>) => void = () => {},
): Promise<{ measured: Measured<K>[]; versions: Versions }> {
  const contenders = new Map<K, Contender>();
  const skipped = new Map<K, string>();
  const versions: Versions = {};
  try {
    for (const [key, row] of rows) {
      print(`starting: ${row.name}`);
      const started = await startOrSkip(row, workOf(row));
      if (started instanceof Contender) contenders.set(key, started);
      else skipped.set(key, started.skipped);
      Object.assign(versions, contenders.get(key)?.ready.versions);
    }
    onReady(contenders);
    const onRound = (round: number) =>
      print(round === 0 ? 'warming up' : `repetition ${round} of ${count}`);
    const times = await interleave([...contenders.values()], { count, onRound });
    const timesOf = new Map([...contenders.keys()].map((key, i) => [key, times[i]!]));
    const measured = rows.map(([key, { name }]): Measured<K> => {
      const reason = skipped.get(key);
      const found = { key, name, times: timesOf.get(key) ?? [] };
      return reason === undefined ? found : { ...found, skipped: reason };
    });
    return { measured, versions };
  } finally {
    for (const contender of contenders.values()) await contender.stop();
  }
}
