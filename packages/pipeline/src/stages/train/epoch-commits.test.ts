import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sha256 } from '@atelier/artifacts';
import { noMetrics } from '@atelier/telemetry';
import type { TrainingEvent } from '@atelier/train';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EpochCommit, Store } from '../../run-store.ts';
import { openEpochCommits } from './epoch-commits.ts';

type EpochEvent = Extract<TrainingEvent, { kind: 'epoch' }>;

let folder: string;
let recorded: number[];
let told: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-commits-'));
  recorded = [];
  told = [];
});
afterEach(() => rm(folder, { recursive: true }));

/** A write to the store that lasts until it is let go on. */
function slowWrite() {
  const write = new EventEmitter();
  return {
    begun: once(write, 'begun'),
    goOn: () => write.emit('ended'),
    async passes() {
      const ended = once(write, 'ended');
      write.emit('begun');
      await ended;
    },
  };
}
type Write = Pick<ReturnType<typeof slowWrite>, 'passes'>;
const quick: Write = { passes: async () => {} };

/** Commits to a store with these two writes. */
function open({ blob = quick, record = quick }: { blob?: Write; record?: Write }) {
  const store = {
    async putBlob(bytes: Buffer) {
      await blob.passes();
      return { sha256: sha256(bytes), bytes: bytes.length };
    },
    async commitEpoch(_: string, { epoch }: EpochCommit) {
      await record.passes();
      recorded.push(epoch);
    },
  };
  return openEpochCommits({
    store: store as unknown as Store,
    training: 'training',
    run: { runId: 'run', workflowId: 'train-run', executionId: 'x', startedAt: '' },
    resume: { commits: [], notices: [] },
    context: {
      tell: ({ notices = [] }: { notices?: string[] }) => told.push(...notices),
      log: { warn: () => {} },
    } as never,
    progress: { on: () => {}, committed: () => {} } as never,
    metrics: noMetrics,
  });
}

async function trained(epoch: number, digest?: string): Promise<EpochEvent> {
  const bytes = Buffer.from(`epoch ${epoch}`);
  const checkpoint = join(folder, `${epoch}`);
  await writeFile(checkpoint, bytes);
  const record = { epoch, seconds: 1 } as EpochEvent['record'];
  return { kind: 'epoch', record, checkpoint, sha256: digest ?? sha256(bytes) };
}

test('an epoch whose blob is on its way when commits are stopped is not recorded later', async () => {
  const blob = slowWrite();
  const commits = open({ blob });
  await commits.on(await trained(1));
  await blob.begun;
  await commits.stop();
  blob.goOn();
  // Whatever followed without waiting for anybody would have.
  await setImmediate();
  expect(recorded).toEqual([]);
});

test('stopping waits for the record that is on its way', async () => {
  const record = slowWrite();
  const commits = open({ record });
  await commits.on(await trained(1));
  await record.begun;
  const stopped = commits.stop().then(() => recorded.length);
  await setImmediate();
  record.goOn();
  expect(await stopped).toBe(1);
});

test('a checkpoint that is lost before it is committed ends the attempt, not its patience', async () => {
  const commits = open({});
  await commits.on(await trained(1, 'another digest'));
  await expect(commits.settled()).rejects.toThrow('changed on disk');
  const gone = open({});
  const event = await trained(2);
  await rm(event.checkpoint);
  await gone.on(event);
  await expect(gone.settled()).rejects.toThrow('cannot be read');
  expect(told).toEqual([]);
});
