import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openTracing } from './open-tracing.ts';
import { type Collector, openCollector } from './testing.ts';

const token = 'Bearer-of-a-secret';
let log: string[] = [];

async function open(collector: Pick<Collector, 'endpoint'>) {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.endpoint);
  const tracing = await openTracing({
    service: { 'service.name': 'atelier', 'service.version': 'v1' },
    log: { info: (line) => log.push(line), warn: (line) => log.push(line) },
    scheduledDelayMillis: 20,
    explain: (error) => (error as Error).name,
  });
  onTestFinished(() => tracing.stop());
  return tracing;
}

async function collect(answer?: Parameters<typeof openCollector>[0]): Promise<Collector> {
  const collector = await openCollector(answer);
  onTestFinished(collector.close);
  return collector;
}

beforeEach(() => {
  log = [];
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', `authorization=${token}`);
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment=nightly');
});
afterEach(() => vi.unstubAllEnvs());

test('the spans of a run are one trace, from whichever process they come', async () => {
  const collector = await collect();
  const one = await open(collector);
  await one.within(
    { name: 'activity', attributes: { attempt: 2 } },
    async () => {
      const trainer = one.open({ name: 'trainer' });
      trainer.add({ name: 'epoch', start: 1_000, end: 3_500, attributes: { loss: 0.25 } });
      await one.within({ name: 'store put', kind: 'client' }, async () => {});
      trainer.end();
    },
    'execution',
  );
  await one.stop();
  // What ends the run may be another worker, days later.
  const other = await open(collector);
  const stage = { name: 'stage train', start: 0, end: 9_000 };
  other.addRun('execution', { name: 'run', start: 0, end: 9_000, failure: 'train: lost' }, [stage]);
  await other.stop();

  const spans = new Map(collector.spans.map((span) => [span.name, span]));
  expect(collector.spans).toHaveLength(6);
  const run = spans.get('run')!;
  expect(run).toMatchObject({ parentId: '', start: 0, end: 9_000, failure: 'train: lost' });
  expect(new Set(collector.spans.map(({ traceId }) => traceId))).toEqual(new Set([run.traceId]));
  const parents = [...spans.values()].map(({ name, parentId }) => [
    name,
    collector.spans.find(({ spanId }) => spanId === parentId)?.name,
  ]);
  expect(Object.fromEntries(parents)).toEqual({
    run: undefined,
    'stage train': 'run',
    activity: 'run',
    trainer: 'activity',
    epoch: 'trainer',
    'store put': 'activity',
  });
  expect(spans.get('epoch')).toMatchObject({
    start: 1_000,
    end: 3_500,
    attributes: { loss: 0.25 },
  });
  expect(spans.get('activity')!.attributes).toEqual({ attempt: 2 });
  expect(collector.resource).toMatchObject({
    'service.name': 'atelier',
    'deployment.environment': 'nightly',
  });
  expect(collector.headers[0]!.authorization).toBe(token);
});

test('work that fails does so as before, and its span says why', async () => {
  const collector = await collect();
  const tracing = await open(collector);
  const failure = new TypeError('with the secret in it');
  const work = tracing.within({ name: 'activity' }, () => Promise.reject(failure), 'execution');
  await expect(work).rejects.toBe(failure);
  await tracing.stop();
  expect(collector.spans[0]).toMatchObject({ name: 'activity', failure: 'TypeError' });
});

test('what belongs to no run is not traced', async () => {
  const collector = await collect();
  const tracing = await open(collector);
  expect(await tracing.within({ name: 'store list' }, async () => 7)).toBe(7);
  await tracing.stop();
  expect(collector.spans).toEqual([]);
});

test('a collector that is away delays nothing, and is told of once, without secrets', async () => {
  const gone = await openCollector();
  gone.close();
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '100');
  const tracing = await open({ endpoint: gone.endpoint.replace('//', '//ada:password@') });
  const began = performance.now();
  for (let i = 0; i < 3; i++) {
    await tracing.within({ name: 'activity' }, async () => {}, 'execution');
    await sleep(60);
  }
  expect(performance.now() - began).toBeLessThan(1_000);
  await expect.poll(() => log, { timeout: 5_000 }).toHaveLength(1);
  expect(log[0]).toMatch(/^The collector takes no traces \(.*ECONNREFUSED/);
  expect(log.join('')).not.toMatch(/password|Bearer/);
});

test('one that refuses is told of, and told of again when it takes traces', async () => {
  let status = 401;
  const collector = await collect(() => status);
  const tracing = await open(collector);
  const work = () => tracing.within({ name: 'activity' }, async () => {}, 'execution');
  await work();
  await expect.poll(() => log).toHaveLength(1);
  expect(log[0]).toContain('401');
  await work();
  await sleep(100);
  expect(log).toHaveLength(1);
  status = 200;
  await work();
  await expect.poll(() => log).toHaveLength(2);
  expect(log[1]).toBe('The collector takes traces again.');
});

test('one that never answers is not waited for at the end', async () => {
  const collector = await collect(() => 'never');
  const tracing = await open(collector);
  await tracing.within({ name: 'activity' }, async () => {}, 'execution');
  await expect.poll(() => collector.headers).toHaveLength(1);
  const began = performance.now();
  await tracing.stop();
  expect(performance.now() - began).toBeLessThan(5_000);
});
