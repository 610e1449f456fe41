import { readEnvironment } from '@atelier/environment';
import { afterAll, expect, test } from 'vitest';
import { type AtelierStack, shareAtelierStack } from './atelier-stack.ts';

/** Where the official files can be had; without it, a test would have to download 30 MB. */
const mirror = readEnvironment().datasetMirror;
let at: AtelierStack | undefined;
afterAll(() => at?.stop());

test.skipIf(mirror === undefined)(
  'two epochs on Fashion-MNIST reach 80 % on the test set (ATELIER_DATASET_MIRROR)',
  async () => {
    at = await shareAtelierStack();
    const result = await at.atelier(['start', '--epochs', '2', '--mirror', mirror!, '--json']);
    expect(result.code).toBe(0);
    const { testAccuracy, runId } = result.json();
    expect(testAccuracy).toBeGreaterThanOrEqual(0.8);
    const { stages } = await at.runRecord(runId);
    const { counts, normalisation } = stages.data.summary;
    expect(counts).toEqual({ train: 60_000, validation: 5_000, test: 5_000 });
    expect(normalisation.mean).toBeCloseTo(0.286, 3);
    expect(normalisation.std).toBeCloseTo(0.353, 3);
  },
);
