import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AtelierStack, startAtelierStack } from './atelier-stack.ts';
import { until } from './until.ts';

let at: AtelierStack;
let dataset: string;
const small = ['--widths', '16', '--residual', '0'];

beforeAll(async () => {
  at = await startAtelierStack();
  dataset = await at.dataset('detach');
});
afterAll(() => at?.stop());

test('Ctrl-C stops following; the run goes on and can be followed again', async () => {
  const options = ['--dataset', dataset, ...small, '--epochs', '60', '--run', 'left-alone'];
  const left = await at.atelier(['start', ...options], {}, (child) => {
    child.stdout.on('data', (text) => {
      if (/is started/.test(String(text))) setTimeout(() => child.kill('SIGINT'), 1_000);
    });
  });
  expect(left.code).toBe(130);
  expect(left.stdout).toContain('The run goes on without you.');
  expect(left.stdout).toContain('npx atelier follow left-alone');

  const followed = await at.atelier(['follow', '--run', 'left-alone', '--json']);
  expect(followed.code).toBe(0);
  expect(followed.json()).toMatchObject({ runId: 'left-alone' });
  expect(followed.stderr).toMatch(/^ *60\/60 /m);
});

test('a detached start says how to follow and returns at once', async () => {
  const options = [
    '--dataset',
    dataset,
    ...small,
    '--epochs',
    '60',
    '--run',
    'twin',
    '--detach',
    '--json',
  ];
  const started = await at.atelier(['start', ...options]);
  expect(started.code).toBe(0);
  expect(started.json()).toEqual({ runId: 'twin', workflowId: 'train-twin', detached: true });
  expect((await at.atelier(['follow', 'twin'])).code).toBe(0);
});

test('a schedule starts runs with a seed of their own', async () => {
  const scheduled = await at.atelier([
    ...['schedule', '--dataset', dataset, '--epochs', '2'],
    ...['--cron', '0 2 * * *', '--timezone', 'Europe/Berlin'],
  ]);
  expect(scheduled.stdout).toContain('Schedule atelier-nightly is made: 0 2 * * * (Europe/Berlin)');
  // So long that it still goes on when it is cancelled.
  const every = ['schedule', '--dataset', dataset, '--epochs', '5000', '--cron', '@every 5s'];
  const changed = await at.atelier(every);
  expect(changed.stdout).toContain('is changed: @every 5s');
  // Within five seconds, one starts.
  const [run] = await waitForRun(/^nightly-/);
  expect((await at.atelier(['unschedule'])).stdout).toContain('is gone');
  expect((await at.atelier(['cancel', run!])).code).toBe(0);
  const { seed, startedBy } = await at.runRecord(run!);
  expect(seed).toBeGreaterThan(1);
  expect(startedBy).toEqual({ kind: 'schedule', name: 'atelier-nightly' });
  expect((await at.atelier(['unschedule'])).stdout).toContain('There is no schedule.');
});

/** Once the schedule has started one. */
function waitForRun(name: RegExp): Promise<string[]> {
  return until(`a run ${name}`, async () => {
    const { stdout } = await at.atelier(['runs', '--json']);
    const ids = (JSON.parse(stdout) as { runId: string }[]).map(({ runId }) => runId);
    const found = ids.filter((id) => name.test(id));
    return found.length > 0 ? found : undefined;
  });
}
