import {
  type KeyOf,
  type LabelsOf,
  type Metric,
  metricTable,
  type ServiceTable,
  serviceMetricTable,
  type Table,
  type WorkerTable,
} from './metric-table.ts';

/** What is counted and measured in this process. */
export interface Metrics<T extends Table = WorkerTable> {
  /** @param by at least 0, 1 unless given */
  count<Key extends KeyOf<'counter', T>>(key: Key, labels: LabelsOf<Key, T>, by?: number): void;
  set<Key extends KeyOf<'gauge', T>>(key: Key, labels: LabelsOf<Key, T>, value: number): void;
  /** Changes a gauge by so much. */
  add<Key extends KeyOf<'gauge', T>>(key: Key, labels: LabelsOf<Key, T>, by: number): void;
  /** Sets a gauge for these labels, and forgets it for all others. */
  replace<Key extends KeyOf<'gauge', T>>(
    key: Key,
    values: readonly (readonly [LabelsOf<Key, T>, number])[],
  ): void;
  observe<Key extends KeyOf<'histogram', T>>(
    key: Key,
    labels: LabelsOf<Key, T>,
    value: number,
  ): void;
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
export interface OpenMetrics<T extends Table = WorkerTable> {
  metrics: Metrics<T>;
  contentType: string;
  /** All of them in Prometheus's text format. */
  text(): Promise<string>;
}

/** Those of a worker. */
export const openMetrics = (): Promise<OpenMetrics> => openTable(metricTable);

/** Those of a service. */
export const openServiceMetrics = (): Promise<OpenMetrics<ServiceTable>> =>
  openTable(serviceMetricTable);

/** Registers every metric of a table, and those of the process that every program has. */
async function openTable<T extends Table>(table: T): Promise<OpenMetrics<T>> {
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
    Object.entries(table).map(([key, metric]) => [key, make(metric)]),
  ) as Record<keyof T, ReturnType<typeof make>>;
  /** By its key in the table a metric has its type. */
  const counter = (key: keyof T) => made[key] as InstanceType<typeof Counter<string>>;
  const gauge = (key: keyof T) => made[key] as InstanceType<typeof Gauge<string>>;
  const histogram = (key: keyof T) => made[key] as InstanceType<typeof Histogram<string>>;
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
