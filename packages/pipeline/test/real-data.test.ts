import { decodeSplit } from '@atelier/data';
import { readEnvironment } from '@atelier/environment';
import { exportedModel, formats } from '@atelier/export';
import { openInPage } from '@atelier/export/testing';
import { findTestBrowser, quietBrowser, testBrowsers } from '@atelier/infra';
import { decodeModel } from '@atelier/model';
import { chromium } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { modelFile } from '../src/commands/run-model.ts';
import { readStoredRun } from '../src/comparison/stored-run.ts';
import { type AtelierStack, shareAtelierStack } from './atelier-stack.ts';

/** Where the official files can be had; without it, a test would have to download 30 MB. */
const mirror = readEnvironment().datasetMirror;
let at: AtelierStack | undefined;
let run: string;
afterAll(() => at?.stop());

test.skipIf(mirror === undefined)(
  'two epochs on Fashion-MNIST reach 80 % on the test set (ATELIER_DATASET_MIRROR)',
  async () => {
    at = await shareAtelierStack();
    const result = await at.atelier(['start', '--epochs', '2', '--mirror', mirror!, '--json']);
    expect(result.code).toBe(0);
    const { testAccuracy, runId } = result.json();
    run = runId;
    expect(testAccuracy).toBeGreaterThanOrEqual(0.8);
    const { stages } = await at.runRecord(runId);
    const { counts, normalisation } = stages.data.summary;
    expect(counts).toEqual({ train: 60_000, validation: 5_000, test: 5_000 });
    expect(normalisation.mean).toBeCloseTo(0.286, 3);
    expect(normalisation.std).toBeCloseTo(0.353, 3);
  },
);

const browser = findTestBrowser();
const without =
  browser === undefined ? ` (skipped: none of ${testBrowsers.join(', ')} is on PATH)` : '';

test.skipIf(mirror === undefined || browser === undefined)(
  `in a browser, its exports say what is stored of all 5,000 test images (ATELIER_DATASET_MIRROR)${without}`,
  async () => {
    const { store, runRecord } = at!;
    const { dataset, predictions } = await readStoredRun(store, run);
    const { classes, normalisation } = dataset;
    const { stages, files } = await runRecord(run);
    const { images, shape } = decodeSplit(await store.getBlob(stages.data.outputs.test), 'test');
    const ref = files[modelFile]!;
    const exported = exportedModel({
      ...{ shape, classes, normalisation, origin: { run, sha256: ref.sha256 } },
      model: decodeModel(await store.getBlob(ref), modelFile),
    });
    const exports = {
      'model-tfjs': formats.tfjs.encode(exported),
      'model.mjs': formats.js.encode(exported),
    };
    const chromiumBrowser = await chromium.launch({ executablePath: browser!, args: quietBrowser });
    try {
      const { tfjs, js } = await openInPage(await chromiumBrowser.newPage(), exports);
      for (const say of [
        () => tfjs('model-tfjs', images, 'webgl'),
        () => js('model.mjs', images),
      ]) {
        const said = await say();
        expect(said.classes).toEqual(classes);
        expect(said.probabilities).toHaveLength(5_000 * 10);
        const differences = said.probabilities.map((p, i) =>
          Math.abs(p - predictions.probabilities[i]!),
        );
        expect(differences.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-5);
      }
    } finally {
      await chromiumBrowser.close();
    }
  },
);
