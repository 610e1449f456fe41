import { availableParallelism } from 'node:os';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { Contender, type Versions } from './contender.ts';
import { updateDocument } from './generated-section.ts';
import { interleave } from './interleave.ts';
import { describeMachine } from './machine.ts';
import { obstacle, rows } from './rows.ts';
import {
  batchSizes,
  formatScaling,
  type ScalingCell,
  type ScalingResult,
  stepsFor,
  widths,
} from './scaling-result.ts';
import { summarise } from './statistics.ts';
import { productOperations, workload, writeData } from './workload.ts';

await command((flags) => withFolder((folder) => scaling(folder, flags)));

/** Measures the compiled step, its products and PyTorch over batch sizes and widths. */
async function scaling(directory: string, { smoke }: Flags): Promise<void> {
  await writeData(directory);
  const skipped = obstacle(rows.pytorch);
  if (skipped !== undefined) print(`Skipped: ${rows.pytorch.name}: ${skipped}.`);
  const keys = ['compiled', 'floor', ...(skipped === undefined ? ['pytorch'] : [])] as const;
  const cells: ScalingCell[] = [];
  const versions: Versions = {};
  for (const width of smoke ? [64] : widths)
    for (const batchSize of smoke ? [32, 64] : batchSizes) {
      print(`batch ${batchSize}, width ${width}`);
      cells.push(await measure(batchSize, width));
    }
  const machine = describeMachine(versions);
  const date = new Date().toISOString();
  const result: ScalingResult = { schemaVersion: 1, date, machine, cells };
  print(`\n${formatScaling(result)}`);
  if (smoke) return;
  await writeResult('scaling', result);
  await updateDocument('scaling', formatScaling(result));

  async function measure(batchSize: number, width: number): Promise<ScalingCell> {
    const shape = { batchSize, widths: [width, width, width, width] };
    const base = { threads: availableParallelism(), directory };
    const operations = productOperations(workload({ ...base, steps: 0 }, shape));
    const work = workload({ ...base, steps: smoke ? 5 : stepsFor(operations) }, shape);
    const contenders: Contender[] = [];
    try {
      for (const key of keys as readonly (keyof typeof rows)[])
        contenders.push(await Contender.start(rows[key].name, rows[key].program(), work));
      for (const contender of contenders) Object.assign(versions, contender.ready.versions);
      const times = await interleave(contenders, { count: smoke ? 2 : 5 });
      const [compiled, floor, pytorch] = times.map((values) => summarise(values).median);
      return { batchSize, width, compiled: compiled!, floor: floor!, pytorch: pytorch ?? null };
    } finally {
      for (const contender of contenders) await contender.stop();
    }
  }
}
