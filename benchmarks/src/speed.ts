import { availableParallelism } from 'node:os';
import { UserError } from '@atelier/errors';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { updateDocument } from './generated-section.ts';
import { describeMachine } from './machine.ts';
import { measureRows } from './measure-rows.ts';
import { type Row, type RowKey, rows } from './rows.ts';
import { formatSpeed, speedResult } from './speed-result.ts';
import { workload, writeData } from './workload.ts';

await command((flags) => withFolder((folder) => speed(folder, flags)));

/** Measures every row on the same work, interleaved. */
async function speed(directory: string, { smoke, only }: Flags): Promise<void> {
  const [steps, count] = smoke ? [20, 2] : [468, 7];
  const chosen = chooseRows(only);
  await writeData(directory);
  const threads = availableParallelism();
  const workOf = ({ share = 1 }: Row) =>
    workload({ steps: Math.ceil(steps * share), threads, directory });
  const { measured, versions } = await measureRows(chosen, workOf, count);
  const date = new Date().toISOString();
  const result = speedResult(measured, { date, machine: describeMachine(versions) });
  print(`\n${formatSpeed(result)}`);
  if (smoke || only !== undefined) return;
  await writeResult('speed', result);
  await updateDocument('speed', formatSpeed(result));
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
