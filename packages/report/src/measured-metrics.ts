import { type Evaluation, type MetricName, testMetricList } from '@atelier/evaluate';
import { percent } from './numbers.ts';

/** A metric of the test split as page and model card write it. */
export interface MeasuredMetric {
  name: MetricName;
  /** Stands within a sentence. */
  label: string;
  /** The label with a capital. */
  title: string;
  meaning: string;
  better: 'higher' | 'lower';
  /** What model hubs call it. */
  hub?: string | undefined;
  value: number;
  text: string;
  /** Its 95 % interval, where it has one. */
  range?: string;
}

/** Every metric that was measured, in the order of the table. */
export function measuredMetrics({ metrics }: Evaluation): MeasuredMetric[] {
  return testMetricList.flatMap(({ name, label, meaning, better, hub, format }) => {
    const measure = metrics[name];
    if (measure === undefined) return [];
    const { value, interval } = measure;
    const write = (number: number) => (format === 'percent' ? percent(number) : number.toFixed(3));
    return {
      name,
      label,
      title: `${label[0]!.toUpperCase()}${label.slice(1)}`,
      meaning,
      better,
      hub,
      value,
      text: write(value),
      ...(interval && { range: `${write(interval.lower)} to ${write(interval.upper)}` }),
    };
  });
}
