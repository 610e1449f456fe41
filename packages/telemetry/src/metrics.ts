import {
  type KeyOf,
  type LabelsOf,
  type Metric,
  type MetricKey,
  metricTable,
} from './metric-table.ts';

/** What is counted and measured in this process. */
export interface Metrics {
  /** @param by at least 0, 1 unless given */
  count<Key extends KeyOf<'counter'>>(key: Key, labels: LabelsOf<Key>, by?: number): void;
  set<Key extends KeyOf<'gauge'>>(key: Key, labels: LabelsOf<Key>, value: number): void;
  /** Changes a gauge by so much. */
  add<Key extends KeyOf<'gauge'>>(key: Key, labels: LabelsOf<Key>, by: number): void;
  /** Sets a gauge for these labels, and forgets it for all others. */
  replace<Key extends KeyOf<'gauge'>>(
    key: Key,
    values: readonly (readonly [LabelsOf<Key>, number])[],
  ): void;
  observe<Key extends KeyOf<'histogram'>>(key: Key, labels: LabelsOf<Key>, value: number): void;
}

/** For a worker that nobody asks. */
export const noMetrics: Metrics = {
  count: () => {},
  set: () => {},
  add: () => {},
  replace: () => {},
  observe: () => {},
};

/** Metrics, and what Prometheus gets when it asks for them. */
export interface OpenMetrics {
  metrics: Metrics;
  contentType: string;
  /** All of them in Prometheus's text format. */
  text(): Promise<string>;
}

/** Registers every metric of the table, and those of the process that every program has. */
export async function openMetrics(): Promise<OpenMetrics> {
  const { default: prometheus } = await import('prom-client');
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = prometheus;
  const register = new Registry();
  collectDefaultMetrics({ register });
  const make = (metric: Metric) => {
    const { name, help } = metric;
    const described = { name, help, labelNames: [...metric.labels], registers: [register] };
    if (metric.type === 'counter') return new Counter(described);
    if (metric.type === 'gauge') {
      const gauge = new Gauge(described);
      if (metric.unknownAtFirst) gauge.remove();
      return gauge;
    }
    return new Histogram({ ...described, buckets: [...metric.buckets] });
  };
  const made = Object.fromEntries(
    Object.entries(metricTable).map(([key, metric]) => [key, make(metric)]),
  );
  /** By its key in the table a metric has its type. */
  const counter = (key: MetricKey) => made[key] as InstanceType<typeof Counter<string>>;
  const gauge = (key: MetricKey) => made[key] as InstanceType<typeof Gauge<string>>;
  const histogram = (key: MetricKey) => made[key] as InstanceType<typeof Histogram<string>>;
  return {
    metrics: {
      count: (key, labels, by = 1) => counter(key).inc(labels, by),
      set: (key, labels, value) => gauge(key).set(labels, value),
      add: (key, labels, by) => gauge(key).inc(labels, by),
      replace(key, values) {
        gauge(key).reset();
        for (const [labels, value] of values) gauge(key).set(labels, value);
      },
      observe: (key, labels, value) => histogram(key).observe(labels, value),
    },
    contentType: register.contentType,
    text: () => register.metrics(),
  };
}
