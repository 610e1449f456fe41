import { availableParallelism } from 'node:os';
import { UserError } from '@atelier/errors';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { Contender, type Versions } from './contender.ts';
import { updateDocument } from './generated-section.ts';
import { interleave } from './interleave.ts';
import { describeMachine } from './machine.ts';
import { type Row, type RowKey, rows, startOrSkip } from './rows.ts';
import { formatSpeed, type Measured, speedResult } from './speed-result.ts';
import { workload, writeData } from './workload.ts';

await command((flags) => withFolder((folder) => speed(folder, flags)));

/** Measures every row on the same work, interleaved. */
async function speed(directory: string, { smoke, only }: Flags): Promise<void> {
  const [steps, count] = smoke ? [20, 2] : [468, 7];
  const chosen = chooseRows(only);
  await writeData(directory);
  const contenders = new Map<RowKey, Contender>();
  const skipped = new Map<RowKey, string>();
  const versions: Versions = {};
  try {
    for (const [key, row] of chosen) {
      print(`starting: ${row.name}`);
      const size = Math.ceil(steps * (row.share ?? 1));
      const work = workload({ steps: size, threads: availableParallelism(), directory });
      const started = await startOrSkip(row, work);
      if (started instanceof Contender) contenders.set(key, started);
      else skipped.set(key, started.skipped);
      Object.assign(versions, contenders.get(key)?.versions);
    }
    const onRound = (round: number) =>
      print(round === 0 ? 'warming up' : `repetition ${round} of ${count}`);
    const times = await interleave([...contenders.values()], { count, onRound });
    const timesOf = new Map([...contenders.keys()].map((key, i) => [key, times[i]!]));
    const measured = chosen.map(([key, { name }]): Measured => {
      const reason = skipped.get(key);
      const found = { key, name, times: timesOf.get(key) ?? [] };
      return reason === undefined ? found : { ...found, skipped: reason };
    });
    const date = new Date().toISOString();
    const result = speedResult(measured, { date, machine: describeMachine(versions) });
    print(`\n${formatSpeed(result)}`);
    if (smoke || only !== undefined) return;
    await writeResult('speed', result);
    await updateDocument('speed', formatSpeed(result));
  } finally {
    for (const contender of contenders.values()) await contender.stop();
  }
}

function chooseRows(only: string[] | undefined): [RowKey, Row][] {
  const unknown = only?.find((key) => !(key in rows));
  if (unknown !== undefined)
    throw new UserError({
      what: 'There is no such row.',
      where: '--only',
      expected: `some of ${Object.keys(rows).join(',')}`,
      found: unknown,
    });
  const all = Object.entries(rows) as [RowKey, Row][];
  return all.filter(([key]) => only?.includes(key) ?? true);
}
