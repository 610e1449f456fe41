import { expect, test } from 'vitest';
import { type Metric, metricTable, serviceMetricTable } from './metric-table.ts';

const metrics: readonly Metric[] = [metricTable, serviceMetricTable].flatMap((table) =>
  Object.values<Metric>(table),
);

// https://prometheus.io/docs/practices/naming/
test('metrics are named as Prometheus has them', () => {
  const names = metrics.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, type, help } of metrics) {
    expect(name).toMatch(/^atelier_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    expect(help).toMatch(/^[A-Z].+\.$/);
  }
});

test('no label names a run, an epoch or an object', () => {
  const bounded = ['dataset', 'split', 'stage', 'cache', 'kind', 'operation', 'outcome'];
  for (const { labels } of metrics)
    for (const label of labels)
      expect([...bounded, 'status', 'schedule', 'folder', 'route']).toContain(label);
});
