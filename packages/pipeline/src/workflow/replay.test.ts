import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { bundleWorkflows } from '../worker/bundle.ts';
import { decodeHistory } from './history-file.ts';

const folder = fileURLToPath(new URL('histories/', import.meta.url));
const shapes = readdirSync(folder).filter((name) => name.endsWith('.json'));
const logger = new DefaultLogger('ERROR');
let code: string;

beforeAll(async () => {
  Runtime.install({ logger });
  code = await bundleWorkflows(logger);
}, 60_000);

test('every shape of a run has a recorded history', () => {
  expect(shapes.sort()).toEqual([
    // Recorded from stages that did nothing: the one that decides fails once after it was approved.
    'approved.json',
    'cached.json',
    // Recorded before a cancelled run waited for the end of its stage.
    'cancelled-at-once.json',
    'cancelled.json',
    'finished.json',
    'held-approve.json',
    'held-reject.json',
    'night-gave-way.json',
    'night-held.json',
    'night-skipped.json',
    'nightly.json',
    'parked-on-record.json',
    // Recorded before a run told its record that it parks.
    'parked-retried-aborted.json',
    'promoted.json',
    'repaired.json',
    'seed-of-several.json',
    'several-seeds.json',
  ]);
});

const replay = (text: string): Promise<void> => {
  const history = decodeHistory(text);
  const started = history.events[0]?.workflowExecutionStartedEventAttributes;
  return Worker.runReplayHistory({ workflowBundle: { code } }, history, started?.workflowId ?? '');
};

// A run that began on older code goes on with this code: what it did must still be what it does.
test.each(shapes)('%s replays', async (name) => {
  await replay(readFileSync(`${folder}${name}`, 'utf8'));
});

test('a run from before configurations were checked goes on with one that is refused today', async () => {
  const history = JSON.parse(readFileSync(`${folder}finished.json`, 'utf8'));
  const { payloads } = history.events[0].workflowExecutionStartedEventAttributes.input;
  const given = JSON.parse(Buffer.from(payloads[0].data, 'base64').toString());
  const changed = JSON.stringify({ ...given, splitSeed: 0.5, fresh: ['lunch'], more: 1 });
  payloads[0].data = Buffer.from(changed).toString('base64');
  await replay(JSON.stringify(history));
});

test('a history that tells of something else does not replay', async () => {
  const text = readFileSync(`${folder}finished.json`, 'utf8');
  await expect(replay(text.replaceAll('"prepareData"', '"prepareLunch"'))).rejects.toThrow(
    /determinism/i,
  );
});
