import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ProgressReport } from '../progress.ts';
import { openProgressSender } from './progress-sender.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const line = (epoch: number) => ({
  epoch,
  trainLoss: 1,
  trainAccuracy: 0,
  validationLoss: 1,
  validationAccuracy: 0,
  seconds: 0.1,
});

test('the first news goes at once, later ones together once a second', async () => {
  const sent: ProgressReport[] = [];
  const sender = openProgressSender('train', async (report) => void sent.push(report));
  sender.tell({ doing: 'starting' });
  await vi.advanceTimersByTimeAsync(0);
  for (let epoch = 1; epoch <= 5; epoch++)
    sender.tell({ doing: 'training', epochs: [line(epoch)] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toMatchObject({ stage: 'train', doing: 'training' });
  expect(sent[1]?.epochs?.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
});

test('news that could not be sent goes with the next report', async () => {
  const sent: ProgressReport[] = [];
  let away = true;
  const sender = openProgressSender('train', async (report) => {
    if (away) throw new Error('away');
    sent.push(report);
  });
  sender.tell({ epochs: [line(1)] });
  await vi.advanceTimersByTimeAsync(1_500);
  away = false;
  sender.tell({ epochs: [line(2)] });
  await vi.advanceTimersByTimeAsync(1_500);
  expect(sent.flatMap(({ epochs = [] }) => epochs.map(({ epoch }) => epoch))).toEqual([1, 2]);
});

test('what is left is sent at the end', async () => {
  const sent: ProgressReport[] = [];
  const sender = openProgressSender('data', async (report) => void sent.push(report));
  sender.tell({ doing: 'a' });
  sender.tell({ doing: 'b' });
  await sender.close();
  expect(sent.at(-1)?.doing).toBe('b');
});

test('a long stage reports ever more rarely', async () => {
  let reports = 0;
  const sender = openProgressSender('train', async () => {
    reports += 1;
  });
  const hour = 3_600;
  for (let second = 0; second < hour; second++) {
    sender.tell({ doing: String(second) });
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(reports).toBeGreaterThan(200);
  expect(reports).toBeLessThan(600);
});
