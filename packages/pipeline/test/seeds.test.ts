import { join } from 'node:path';
import { type BlobRef, blobKey, openObjects, sha256 } from '@atelier/artifacts';
import { tensorFlowVariant } from '@atelier/infra';
import { type RunComparison, runComparisonSchema } from '@atelier/report/comparison';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readStoredRun } from '../src/comparison/stored-run.ts';
import { writeNewKey } from '../src/provenance/keys.ts';
import type { Decision } from '../src/registry/decision.ts';
import { readHistory } from '../src/registry/decision-log.ts';
import { thisMachine, trainingCapacity } from '../src/worker/training-capacity.ts';
import { type AtelierStack, quick, type RunJson, shareAtelierStack } from './atelier-stack.ts';

let at: AtelierStack;
let dataset: string;

beforeAll(async () => {
  at = await shareAtelierStack();
  dataset = await at.dataset('seeds');
});
afterAll(() => at?.stop());

interface SeedsJson {
  runs: (RunJson & { seed: number })[];
  testAccuracy: { mean: number; sd: number };
}

test('every seed has its run, side by side, and what they give together is told', async () => {
  const options = ['--dataset', dataset, ...quick, '--epochs', '6', '--run', 'many', '--json'];
  const started = await at.atelier(['start', ...options, '--seeds', '1-3']);
  expect(started.code).toBe(0);
  const { runs, testAccuracy } = started.json() as unknown as SeedsJson;
  expect(runs.map(({ runId }) => runId)).toEqual(['many-seed1', 'many-seed2', 'many-seed3']);

  const shares = runs.map((run) => run.testAccuracy);
  const mean = shares.reduce((a, b) => a + b) / 3;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / 2;
  expect(testAccuracy.mean).toBeCloseTo(mean, 12);
  expect(testAccuracy.sd).toBeCloseTo(Math.sqrt(variance), 12);
  expect(started.stderr).toMatch(/seed 2: .*test accuracy \d+\.\d\d %/);
  expect(started.stderr).toMatch(/^mean ± sd/m);

  // They began together, and the data was prepared once.
  expect(runs.filter(({ cached }) => !cached.data)).toHaveLength(1);
  const records = await Promise.all(runs.map(({ runId }) => at.runRecord(runId)));
  expect(records.map(({ seed }) => seed)).toEqual([1, 2, 3]);
  expect(records.map(({ configuration }) => configuration.threads)).toEqual([1, 1, 1]);
  const trainings = records.map(({ stages }) => stages.train);
  const { device } = tensorFlowVariant(at.stack.environment);
  expect(mostAtOnce(trainings)).toBe(Math.min(3, trainingCapacity(thisMachine(device))));

  // The number of threads is no part of what is done: a run of its own finds it.
  const again = await at.atelier([
    'start',
    ...['--dataset', dataset, ...quick, '--epochs', '6', '--seed', '2', '--json'],
    ...['--run', 'found'],
  ]);
  expect(again.json().cached).toMatchObject({ data: true, train: true, evaluate: true });
  expect(again.json().testAccuracy).toBe(shares[1]);
});

/** How many of these stages were worked on at the same time, at most. */
function mostAtOnce(stages: readonly { seconds: number; finishedAt: string }[]): number {
  const spans = stages.map(({ seconds, finishedAt }) => {
    const end = Date.parse(finishedAt);
    return { start: end - seconds * 1000, end };
  });
  return Math.max(
    ...spans.map(({ start }) => spans.filter((s) => s.start <= start && start < s.end).length),
  );
}

test('a model is put in use if the demanded key has signed its run, and shown with its numbers', async () => {
  const key = join(at.folder, 'owner.pem');
  await writeNewKey(key);
  const promote = ['promote', 'many-seed2', '--reason', 'the median of three'];
  const refused = await at.atelier(promote, { ATELIER_VERIFY_KEY: `${key}.pub` });
  expect(refused.stderr).toMatch(/signature does not hold[\s\S]*no signature/);
  expect(await at.store.listEntries('champions/seeds/champion')).toEqual([]);
  const promoted = await at.atelier(promote);
  expect(promoted.stdout).toContain('Run many-seed2 is the champion of seeds (decision 1).');
  const shown = await at.atelier(['champion']);
  expect(shown.stdout).toMatch(
    /^ +test accuracy +[\d.]+ %, 95 % interval [\d.]+ to [\d.]+ %, on /m,
  );
  expect(shown.stdout).toMatch(/^ +why +decision 1, first: the median of three$/m);
  const { files } = (await at.runRecord('many-seed2')) as unknown as {
    files: Record<string, BlobRef>;
  };
  for (const name of ['model.safetensors', 'selection.json', 'history.json', 'provenance.json']) {
    const content = await at.store.readPublished('seeds/champion', name, 10_000_000);
    expect(sha256(content!), name).toBe(files[`model/${name}`]!.sha256);
  }
});

test('finished runs are compared by what is stored, and what cannot be read is refused', async () => {
  const sides = ['many-seed1,many-seed2', 'many-seed3,found'];
  const compared = await at.atelier(['compare', ...sides, '--json']);
  expect(compared.code).toBe(0);
  const found: RunComparison = runComparisonSchema.parse(compared.json());
  expect(found.about).toBe('unpaired seeds');
  expect(found.differs).toEqual({
    configuration: [
      { name: 'seed', a: '1; 2', b: '2; 3' },
      { name: 'threads', a: '1', b: '1; all cores' },
    ],
    ...{ data: [], environment: [] },
  });
  const shares = await Promise.all(
    [1, 2, 3].map(
      async (seed) => (await at.runRecord(`many-seed${seed}`)).stages.evaluate.summary.testAccuracy,
    ),
  );
  expect(found.metrics.accuracy.a).toBeCloseTo((shares[0]! + shares[1]!) / 2, 9);
  expect(found.metrics.accuracy.b).toBeCloseTo((shares[1]! + shares[2]!) / 2, 9);

  // Its work is done but for the report, which compares with that run on the same images.
  const referred = await at.atelier([
    ...['start', '--dataset', dataset, ...quick, '--epochs', '6', '--seed', '1'],
    ...['--run', 'referred', '--reference', 'champion', '--json'],
  ]);
  expect(referred.json().cached).toMatchObject({ evaluate: true, report: false });
  const { outputs } = (await at.runRecord('referred')).stages.report;
  const report = JSON.parse((await at.store.getBlob(outputs.json)).toString());
  expect(report.reference).toMatchObject({ source: 'run many-seed2, seed 2' });
  expect(report.reference.paired).toMatchObject({ run: 'many-seed2', a: shares[0], b: shares[1] });

  await expect(readStoredRun(at.store, 'nobody')).rejects.toThrow(/There is no run nobody/);
  const { stages } = await at.runRecord('many-seed3');
  await openObjects(at.stack.state.s3).remove(blobKey(stages.evaluate.outputs.predictions));
  await expect(readStoredRun(at.store, 'many-seed3')).rejects.toThrow(
    /What run many-seed3 found out cannot be read.*`npx atelier verify many-seed3` names/s,
  );
});

test('a detached start names every run', async () => {
  const options = [
    '--dataset',
    dataset,
    ...quick,
    '--epochs',
    '6',
    '--run',
    'away',
    '--seeds',
    '2,1',
  ];
  const started = await at.atelier(['start', ...options, '--detach', '--json']);
  expect(started.code).toBe(0);
  expect(started.json()).toEqual({
    runs: [
      { seed: 2, runId: 'away-seed2', workflowId: 'train-away-seed2' },
      { seed: 1, runId: 'away-seed1', workflowId: 'train-away-seed1' },
    ],
    detached: true,
  });
  for (const run of ['away-seed1', 'away-seed2'])
    expect((await at.atelier(['follow', run])).code).toBe(0);
  const taken = await at.atelier(['start', ...options]);
  expect(taken.code).toBe(2);
  expect(taken.stderr).toContain('There is a run away-seed2 already.');
});

test.each([
  [['--seeds', '1,1'], /every seed once/],
  [['--seeds', '1-'], /--seeds[\s\S]*such as 1-5,9/],
  [['--seeds', '1-2', '--seed', '3'], /--seeds and --seed cannot be given together/],
  [['--seeds', '1-2', '--adopt', 'many-seed1'], /--seeds and --adopt cannot be given together/],
])('%j is refused', async (flags, message) => {
  const refused = await at.atelier(['start', '--dataset', dataset, ...flags]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(message);
});

test('runs that promote decide once each, one after the other, on images that chose nothing', async () => {
  const gated = await at.dataset('gated');
  const options = ['--dataset', gated, ...quick, '--epochs', '6', '--promote', '--json'];
  const both = await at.atelier(['start', ...options, '--run', 'gate', '--seeds', '1,2']);
  expect(both.code, both.output).toBe(0);
  const registry = { dataset: 'gated', name: 'champion' };
  const [second, first] = (await readHistory(at.store, registry, 9)) as Decision[];
  expect([first!.number, second!.number]).toEqual([1, 2]);
  expect(first).toMatchObject({ outcome: 'first', before: null, decidedBy: { kind: 'gate' } });
  expect(second!.before).toEqual(first!.champion);
  expect(['promoted', 'held', 'not enough evidence']).toContain(second!.outcome);
  // Half of the hundred validation images are held back; both models were measured on them.
  const { stages, files } = await at.runRecord(second!.candidate.run);
  expect(stages.data.summary.counts).toEqual({ train: 600, validation: 50, gate: 50, test: 100 });
  expect(second!.evidence).toMatchObject({ look: { examples: 50, pooled: { looks: 1 } } });
  expect(stages.promote.summary).toEqual({
    ...{ outcome: second!.outcome, sentence: second!.reason, number: 2 },
  });
  const page = (await at.store.getBlob(files['report.html']!)).toString();
  const sentence = second!.reason.replaceAll('<', '&lt;');
  expect(page).toContain(`<p class="verdict">${sentence}</p>`);

  const seed = second!.champion.run.replace(/.*seed/, '');
  const again = await at.atelier(['start', ...options, '--run', 'same-seed', '--seed', seed]);
  expect(again.json()).toMatchObject({ cached: { train: true, promote: false } });
  const [third, ...earlier] = (await readHistory(at.store, registry, 9)) as Decision[];
  expect(earlier).toEqual([second, first]);
  expect(third).toMatchObject({ outcome: 'unchanged', candidate: { run: 'same-seed' } });
  expect(third!.champion).toEqual(second!.champion);
  // Nothing was measured, and no look is spent.
  expect(third!.evidence!.look).toBeUndefined();
  // At the address that stays, with where it comes from.
  const manifest = await at.store.readManifest(
    'gated/champion',
    z.looseObject({ files: z.looseObject({}) }),
  );
  expect(Object.keys(manifest!.value!.files).sort()).toEqual([
    ...['history.json', 'model.safetensors', 'provenance.json', 'selection.json'],
  ]);
}, 120_000);
