import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { openMetrics, openTracing, serveMetrics } from '../src/index.ts';

/** Prometheus and OpenTelemetry's collector are nothing that Atelier provisions. */
const isThere = (program: string): boolean =>
  spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;
const needs = (...programs: string[]) => {
  const missing = programs.filter((program) => !isThere(program));
  const why = `skipped: ${missing.join(', ')} is not on PATH`;
  const named = (title: string) => (missing.length > 0 ? `${title} (${why})` : title);
  return (title: string, body: () => Promise<void>) =>
    test.skipIf(missing.length > 0)(named(title), body);
};
const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../../infra/observability/${name}`, import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-telemetry-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** One of the kept files, told to use other ports than people do. */
async function withPorts(name: string, ports: Record<string, number>): Promise<string> {
  let text = await readFile(fileOf(name), 'utf8');
  for (const [usual, port] of Object.entries(ports)) {
    expect(text).toContain(usual);
    text = text.replaceAll(usual, `127.0.0.1:${port}`);
  }
  text = text.replace(/- alerts\.yml/, `- ${fileOf('alerts.yml')}`);
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** What it prints, while it runs. */
function start(program: string, ...args: string[]): { printed(): string; child: ChildProcess } {
  let printed = '';
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk) => {
      printed += chunk;
    });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, printed: () => printed };
}

needs('promtool')('promtool takes the rules, their tests and the configuration', async () => {
  const promtool = (...args: string[]) =>
    spawnSync('promtool', args, { encoding: 'utf8', cwd: fileOf('') });
  for (const args of [
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
    ['check', 'config', 'prometheus.yml'],
  ]) {
    const { status, stdout, stderr } = promtool(...args);
    expect([status, args, stdout, stderr]).toEqual([0, args, stdout, stderr]);
  }
  const { metrics, text } = await openMetrics();
  metrics.observe('storeSeconds', { operation: 'get', outcome: 'ok' }, 0.02);
  const lint = spawnSync('promtool', ['check', 'metrics'], { input: await text() });
  const own = lint.stderr
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('atelier_'));
  expect(own).toEqual([]);
});

needs('prometheus')('Prometheus takes the metrics, and fires a rule that they fulfil', async () => {
  const [worker, own] = [await freePort(), await freePort()];
  const { metrics, ...opened } = await openMetrics();
  const server = serveMetrics(
    { host: '127.0.0.1', port: worker },
    { ...opened, onAsked: () => {}, onTaken: () => {} },
  );
  onTestFinished(server.close);
  metrics.replace('runs', [[{ status: 'parked' }, 2]]);
  metrics.observe('storeSeconds', { operation: 'put', outcome: 'ok' }, 0.004);
  const config = await withPorts('prometheus.yml', { '127.0.0.1:9464': worker });
  await writeFile(config, (await readFile(config, 'utf8')).replaceAll('15s', '1s'));
  const { printed } = start(
    'prometheus',
    ...['--config.file', config, '--storage.tsdb.path', join(folder, 'data')],
    ...['--web.listen-address', `127.0.0.1:${own}`],
  );
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${own}/api/v1/${path}`).catch(() => undefined);
    return (await answer?.json().catch(() => undefined)) as { data: never } | undefined;
  };
  const query = async (text: string): Promise<string | undefined> => {
    const found = await ask(`query?query=${encodeURIComponent(text)}`);
    const { result = [] } = (found?.data ?? {}) as { result?: { value: [number, string] }[] };
    return result[0]?.value[1];
  };
  await expect.poll(() => query('up{job="atelier"}'), { timeout: 60_000 }).toBe('1');
  expect(await query('max(atelier_runs{status="parked"})'), printed()).toBe('2');
  expect(await query('sum(atelier_store_request_seconds_count)')).toBe('1');
  const shown = JSON.parse(await readFile(fileOf('dashboard.json'), 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  for (const { title, targets = [] } of shown.panels)
    for (const { expr } of targets) {
      const text = encodeURIComponent(expr.replaceAll('$__rate_interval', '5m'));
      expect(await ask(`query?query=${text}`), title).toMatchObject({ status: 'success' });
    }
  const alerts = async () => {
    const { alerts: all = [] } = ((await ask('alerts'))?.data ?? {}) as {
      alerts?: { labels: { alertname: string }; state: string }[];
    };
    return all.map(({ labels, state }) => [labels.alertname, state]);
  };
  await expect.poll(alerts, { timeout: 30_000 }).toEqual([['AtelierRunParked', 'pending']]);
});

needs('otelcol')('a collector with the kept configuration takes the traces', async () => {
  const port = await freePort();
  const config = await withPorts('collector.yml', { '127.0.0.1:4318': port });
  await writeFile(
    config,
    (await readFile(config, 'utf8')).replace('verbosity: normal', 'verbosity: detailed'),
  );
  const { printed } = start('otelcol', '--config', config);
  await expect.poll(printed, { timeout: 60_000 }).toContain('Everything is ready');
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
  const told: string[] = [];
  const tracing = await openTracing({
    service: { 'service.name': 'atelier' },
    log: { info: (line) => told.push(line), warn: (line) => told.push(line) },
    explain: String,
  });
  const attributes = { 'atelier.dataset': 'whole', 'atelier.epoch': 7, 'atelier.cache.hit': true };
  await tracing.within({ name: 'activity train', attributes }, async () => {}, 'execution');
  tracing.addRun('execution', { name: 'run', start: 1_000, end: 2_000, failure: 'lost' }, []);
  await tracing.stop();
  await expect.poll(printed, { timeout: 30_000 }).toMatch(/Name +: run/);
  expect(printed()).toMatch(/service\.name: Str\(atelier\)/);
  expect(printed()).toMatch(/Name +: activity train[\s\S]*atelier\.epoch: Int\(7\)/);
  expect(printed()).toMatch(/Name +: run[\s\S]*Status message +: lost/);
  const traces = new Set(printed().match(/(?<=Trace ID +: )[0-9a-f]{32}/g));
  expect(traces.size).toBe(1);
  expect(told).toEqual([]);
});
