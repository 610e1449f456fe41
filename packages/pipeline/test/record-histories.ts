/**
 * Records a history of every shape that a workflow takes, for the replay test. By hand, after a
 * change that is meant to be incompatible: node --import tsx packages/pipeline/test/record-histories.ts
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { encodeHistory } from '../src/workflow/history-file.ts';
import { startAtelierStack } from './atelier-stack.ts';
import { damageChosenCheckpoint } from './damage.ts';
import { until } from './until.ts';

const at = await startAtelierStack();
const connection = await Connection.connect({ address: at.stack.state.temporal.address });
const client = new Client({ connection });
const folder = fileURLToPath(new URL('../src/workflow/histories', import.meta.url));

async function record(workflowId: string, shape: string): Promise<void> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  // The temporary folder's name says nothing and would change with every recording.
  await writeFile(join(folder, `${shape}.json`), encodeHistory(history, [at.folder, '/data']));
}

try {
  const dataset = await at.dataset('recorded');
  const start = (run: string, ...flags: string[]) =>
    at.atelier(['start', '--dataset', dataset, '--epochs', '3', '--run', run, ...flags]);

  await start('finished');
  await record('train-finished', 'finished');
  await start('cached');
  await record('train-cached', 'cached');

  await start('promoted', '--promote');
  await record('train-promoted', 'promoted');

  await start('several', '--promote', '--nightlySeeds', '3');
  await record('train-several', 'several-seeds');
  await record('train-several-seed2', 'seed-of-several');

  const holding = join(at.folder, 'holding.json');
  await writeFile(holding, JSON.stringify({ gate: { hold: true } }));
  const held = await at.dataset('held');
  for (const verb of ['reject', 'approve']) {
    await start(`held-${verb}`, '--promote', '--config', holding, '--dataset', held);
    await at.atelier([verb, `held-${verb}`, '--reason', 'recorded']);
    await record(`train-held-${verb}`, `held-${verb}`);
  }

  await damageChosenCheckpoint(at, 'finished');
  await start('repaired');
  await record('train-repaired', 'repaired');

  const descriptor = JSON.parse(await readFile(await at.served('renamed'), 'utf8'));
  const moved = join(at.folder, 'moved.json');
  const elsewhere = { ...descriptor, name: 'moved', title: 'Moved' };
  elsewhere.files.trainLabels.name = 'renamed.gz';
  await writeFile(moved, JSON.stringify(elsewhere));
  await start('mended', '--dataset', moved);
  await at.atelier(['retry', 'mended', '--mirror', 'file:///still-nowhere']);
  await at.atelier(['abort', 'mended', '--reason', 'recorded']);
  await record('train-mended', 'parked-on-record');

  const cancelled = start('cancelled', '--seed', '2', '--epochs', '3000');
  await new Promise((resolve) => setTimeout(resolve, 25_000));
  await at.atelier(['cancel', 'cancelled']);
  await cancelled;
  await record('train-cancelled', 'cancelled');

  await at.atelier(['schedule', '--dataset', dataset, '--epochs', '2']);
  await client.schedule.getHandle('atelier-nightly').trigger();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const [run] = JSON.parse((await at.atelier(['runs', '--json', '--limit', '1'])).stdout);
    if (!run.runId.startsWith('nightly') || run.status !== 'finished') continue;
    await record(`train-${run.runId}`, 'nightly');
    break;
  }

  /** Has the schedule start a night, and waits until its record says so. */
  const night = async (known: readonly string[]): Promise<string> => {
    await client.schedule.getHandle('atelier-nightly').trigger('ALLOW_ALL');
    return until('a night', async () => {
      const found = JSON.parse((await at.atelier(['runs', '--json'])).stdout);
      return found
        .map(({ runId }: { runId: string }) => runId)
        .find((runId: string) => runId.startsWith('nightly') && !known.includes(runId));
    });
  };
  const ends = (runId: string, status: string) =>
    until(`${runId} ${status}`, async () => {
      if (!(await at.store.hasRunFile(runId, 'run.json'))) return undefined;
      return (await at.runRecord(runId)).status === status || undefined;
    });
  const known = (
    JSON.parse((await at.atelier(['runs', '--json'])).stdout) as { runId: string }[]
  ).map(({ runId }) => runId);
  await at.atelier(['schedule', '--dataset', moved, '--epochs', '3000']);
  const parked = await night(known);
  await ends(parked, 'parked');
  await at.atelier(['schedule', '--dataset', dataset]);
  const training = await night([...known, parked]);
  await ends(parked, 'failed');
  await record(`train-${parked}`, 'night-gave-way');
  const waiting = await night([...known, parked, training]);
  const last = await night([...known, parked, training, waiting]);
  await ends(waiting, 'skipped');
  await record(`train-${waiting}`, 'night-skipped');

  // Nothing of it is in use yet, so that the gate would put any model in use.
  const fresh = await at.dataset('unanswered');
  await at.atelier(['schedule', '--dataset', fresh, '--config', holding, '--epochs', '2']);
  const others = [...known, parked, training, waiting, last];
  const unanswered = await night(others);
  await ends(unanswered, 'parked');
  await night([...others, unanswered]);
  await ends(unanswered, 'finished');
  await record(`train-${unanswered}`, 'night-held');
} finally {
  await connection.close();
  await at.stop();
}
