/**
 * The record matrix by hand: `npx nx run pipeline:record-matrix`. `--only epoch/` tries the edits
 * whose names contain that, and writes nothing; `--list` names all.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { syntheticDataset } from '@atelier/data/testing';
import { readEnvironment } from '@atelier/environment';
import { Client, Connection } from '@temporalio/client';
import { resolveRunConfig } from '../../src/configuration/read-config.ts';
import { runOptionsSchema } from '../../src/configuration/run-options.ts';
import { startAtelierStack } from '../atelier-stack.ts';
import { formatEdits } from './document.ts';
import { edits } from './edits.ts';
import { openRecordBench } from './record-bench.ts';
import { type EditResult, runEdit } from './run-edits.ts';

const { values } = parseArgs({
  options: { only: { type: 'string', multiple: true }, list: { type: 'boolean' } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { only } = values;
const chosen = only ? edits.filter(({ name }) => only.some((part) => name.includes(part))) : edits;

if (values.list) for (const { name } of chosen) say(name);
else await tryAll();

async function tryAll(): Promise<void> {
  const began = performance.now();
  const minutes = (): number => (performance.now() - began) / 60_000;
  const page = join(readEnvironment().workspace, 'docs', 'record-matrix.md');
  const at = await startAtelierStack();
  const connection = await Connection.connect({ address: at.stack.state.temporal.address });
  const results: EditResult[] = [];
  try {
    const size = { train: 120, test: 60, classes: 4, height: 12, width: 12 };
    const dataset = await syntheticDataset({ directory: at.folder, name: 'matrix', ...size });
    const config = await resolveRunConfig(
      runOptionsSchema.parse({
        dataset,
        network: { widths: [8, 8], residual: 2 },
        // Edits are of all of them.
        keepCheckpoints: 'all',
        // A trainer that is started again and again would compile most of the time.
        recipe: { epochs: 3, batchSize: 32, learningRate: 0.01, engine: 'eager' },
      }),
    );
    const bench = await openRecordBench(at, new Client({ connection }), config);
    for (const edit of chosen) {
      const result = await runEdit(bench, edit);
      results.push(result);
      say(lineOf(result));
      // As it grows: whoever stops it early keeps what was tried.
      if (!only) await writeFile(page, formatEdits(results, minutes()));
    }
  } finally {
    await connection.close();
    await at.stop();
  }
  const failed = results.filter(({ problem }) => problem !== undefined);
  say(`${results.length} edits in ${minutes().toFixed(0)} min, ${failed.length} failed`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

function lineOf({ name, seconds, problem, again, said }: EditResult): string {
  const time = `${seconds.toFixed(1).padStart(6)} s`;
  const told = problem ?? `again: ${again.join(', ') || 'nothing'}; ${said[0] ?? ''}`;
  return `${problem ? '✗' : '✓'} ${name.padEnd(34)} ${time}: ${told}`;
}
