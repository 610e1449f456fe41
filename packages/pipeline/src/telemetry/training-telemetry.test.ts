import { noTracing, openMetrics, type PastSpan, type Tracing } from '@atelier/telemetry';
import type { TrainingEvent } from '@atelier/train';
import { expect, test } from 'vitest';
import { trainingTelemetry } from './training-telemetry.ts';

const epochEvent = (epoch: number, trainLoss: number): TrainingEvent => ({
  kind: 'epoch',
  record: {
    ...{ epoch, step: 10 * epoch, learningRate: 1e-3, trainLoss, trainAccuracy: 0.5 },
    ...{ validationLoss: 2 * trainLoss, validationAccuracy: 0.4, gradientNorm: 1, seconds: 2 },
  },
  ...{ checkpoint: '/scratch/1', sha256: 'a'.repeat(64) },
});

/** The lines of Atelier's own metrics. */
async function linesOf(text: () => Promise<string>): Promise<string[]> {
  return (await text()).split('\n').filter((line) => line.startsWith('atelier_training'));
}

test('steps are counted once, whether progress tells of them or the end of an epoch', async () => {
  const { metrics, text } = await openMetrics();
  const added: PastSpan[] = [];
  const ended: unknown[] = [];
  const tracing: Tracing = {
    ...noTracing,
    open: () => ({ add: (span) => added.push(span), end: (error) => ended.push(error) }),
  };
  let now = 100_000;
  const told = trainingTelemetry({ metrics, tracing }, 'fashion-mnist', () => now);
  told.on({ kind: 'started', environment: { device: 'cpu' } as never, epoch: 0 });
  for (const step of [4, 8]) told.on({ kind: 'progress', epoch: 1, step, steps: 10 });
  expect(await linesOf(text)).toContain('atelier_trainings 1');
  now = 103_000;
  told.on(epochEvent(1, 0.75));
  told.on({ kind: 'progress', epoch: 2, step: 10, steps: 10 });
  now = 105_500;
  told.on(epochEvent(2, 0.5));
  told.end(new Error('killed'));

  expect(await linesOf(text)).toEqual(
    expect.arrayContaining([
      'atelier_training_steps_total{dataset="fashion-mnist"} 20',
      'atelier_training_epoch_seconds_sum{dataset="fashion-mnist"} 4',
      'atelier_training_loss{dataset="fashion-mnist",split="train"} 0.5',
      'atelier_training_loss{dataset="fashion-mnist",split="validation"} 1',
      'atelier_trainings 0',
    ]),
  );
  expect(added.map(({ name, start, end }) => [name, start, end])).toEqual([
    ['trainer start', 100_000, 100_000],
    ['epoch', 101_000, 103_000],
    ['epoch', 103_500, 105_500],
  ]);
  expect(ended).toEqual([new Error('killed')]);
});
