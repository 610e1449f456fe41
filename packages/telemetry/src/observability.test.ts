import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricTable, serviceMetricTable } from './metric-table.ts';

const read = (path: string): string =>
  readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** What Prometheus makes of each metric. */
const series = new Set(
  Object.values(metricTable).flatMap(({ name, type }) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
  ),
);
const named = (text: string): string[] => [...new Set(text.match(/\batelier_\w+/g))];

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; datasource: { uid: string } }[];
}
const dashboard = JSON.parse(read('infra/observability/dashboard.json')) as {
  uid: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string }[] };
  panels: Panel[];
};

test('dashboard, alert rules and their tests name metrics that there are', () => {
  for (const file of ['dashboard.json', 'alerts.yml', 'alerts.test.yml']) {
    const names = named(read(`infra/observability/${file}`));
    expect(names.length, file).toBeGreaterThan(4);
    expect(
      names.filter((name) => !series.has(name)),
      file,
    ).toEqual([]);
  }
});

test('every metric is on the dashboard, and every one is described in docs/operations.md', () => {
  const shown = new Set(named(read('infra/observability/dashboard.json')));
  const described = read('docs/operations.md');
  for (const { name, type, labels } of Object.values(metricTable)) {
    const [first] = type === 'histogram' ? [`${name}_bucket`] : [name];
    expect(shown.has(first!), `${name} on the dashboard`).toBe(true);
    const row = described.split('\n').find((line) => line.startsWith(`| \`${name}\` `));
    expect(row, `a row of docs/operations.md for ${name}`).toBeDefined();
    for (const label of labels) expect(row).toContain(`\`${label}\``);
  }
});

test('every metric of a service is described in docs/serving.md', () => {
  const rows = read('docs/serving.md').match(/(?<=^\| `)atelier_\w+/gm);
  expect(rows).toEqual(Object.values(serviceMetricTable).map(({ name }) => name));
});

test('every alert is tried by a test of its own, and says what to do or where', () => {
  const alerts = read('infra/observability/alerts.yml').match(/(?<=- alert: )\w+/g)!;
  const tried = read('infra/observability/alerts.test.yml').match(/(?<=alertname: )\w+/g);
  expect(new Set(tried)).toEqual(new Set(alerts));
});

test('the panels lie beside each other and ask the data source that is chosen', () => {
  const { panels, templating, uid, schemaVersion } = dashboard;
  expect([uid, schemaVersion]).toEqual(['atelier', 39]);
  expect(templating.list).toMatchObject([{ name: 'datasource', type: 'datasource' }]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, type, gridPos, targets = [] } of panels) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x},${y}`), title).toBe(false);
        taken.add(`${x},${y}`);
      }
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    expect(targets.length > 0, title).toBe(type !== 'row');
    for (const { datasource } of targets) expect(datasource.uid).toMatch(/^\$\{datasource\}$/);
  }
});
