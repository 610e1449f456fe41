import type { TrainingEvent } from '@atelier/train';
import type { Telemetry } from './telemetry.ts';

/** What is told of a trainer while it runs. */
export interface TrainingTelemetry {
  on(event: TrainingEvent): void;
  /** @param error what ended it, if it did not finish */
  end(error?: unknown): void;
}

/**
 * The trainer as a span with one for each epoch, made here of what it says of itself: that process
 * computes, and knows no collector.
 */
export function trainingTelemetry(
  { metrics, tracing }: Telemetry,
  dataset: string,
  now: () => number = Date.now,
): TrainingTelemetry {
  const span = tracing.open({ name: 'trainer', attributes: { 'atelier.dataset': dataset } });
  const began = now();
  let counted = { epoch: 0, step: 0 };
  metrics.add('trainings', {}, 1);
  /** Steps of an epoch that were not counted yet. */
  const countTo = (epoch: number, step: number): void => {
    const before = counted.epoch === epoch ? counted.step : 0;
    metrics.count('trainingSteps', { dataset }, Math.max(0, step - before));
    counted = { epoch, step };
  };
  let steps = 0;
  return {
    on(event) {
      if (event.kind === 'started')
        span.add({ name: 'trainer start', start: began, end: now(), attributes: startOf(event) });
      if (event.kind === 'progress') {
        steps = event.steps;
        countTo(event.epoch, event.step);
      }
      if (event.kind !== 'epoch') return;
      const { epoch, seconds, trainLoss, validationLoss, validationAccuracy } = event.record;
      countTo(epoch, steps);
      metrics.observe('epochSeconds', { dataset }, seconds);
      metrics.set('loss', { dataset, split: 'train' }, trainLoss);
      metrics.set('loss', { dataset, split: 'validation' }, validationLoss);
      const attributes = {
        'atelier.epoch': epoch,
        'atelier.loss.train': trainLoss,
        'atelier.loss.validation': validationLoss,
        'atelier.accuracy.validation': validationAccuracy,
      };
      const end = now();
      span.add({ name: 'epoch', start: end - 1_000 * seconds, end, attributes });
    },
    end(error) {
      metrics.add('trainings', {}, -1);
      span.end(error);
    },
  };
}

const startOf = ({ environment, epoch }: Extract<TrainingEvent, { kind: 'started' }>) => ({
  'atelier.device': environment.device,
  'atelier.epochs.before': epoch,
});
