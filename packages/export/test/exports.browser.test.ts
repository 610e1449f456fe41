import { findTestBrowser, quietBrowser, testBrowsers } from '@atelier/infra';
import { initialModel, networkFor } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { loadTensorFlow } from '@atelier/tensorflow';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attention } from '../src/fixtures/own-network.ts';
import { expected, largestDifference, pixelsOf } from '../src/fixtures/read-export.ts';
import { exportedModel, formats, type TrainedModel } from '../src/index.ts';
import { type InPage, openInPage } from '../src/testing.ts';

const executablePath = findTestBrowser();
const title =
  executablePath === undefined
    ? `exports in a browser (skipped: none of ${testBrowsers.join(', ')} is on PATH)`
    : 'exports in a browser';

const layered = ((): TrainedModel => {
  const shape = { height: 8, width: 8, channels: 3 };
  const classes = ['дом', 'wood', '</script>'];
  const options = { architecture: 'resnet', filters: [4, 6], activation: 'gelu' };
  const network = networkFor(networkOptionsSchema.parse(options), shape, classes.length);
  return {
    ...{ model: initialModel(network, 7), shape, classes },
    normalisation: { mean: [0.5, 0.4, 0.2], std: [0.2, 0.25, 0.3] },
    origin: { run: 'a-run', sha256: 'ab'.repeat(32) },
  };
})();

/** A run's model, its test images, and what TensorFlow says of all of them. */
const runOf = (model: TrainedModel) => {
  const pixels = pixelsOf(model.shape, 250);
  return { model, pixels, stored: expected(model, pixels) };
};

describe.skipIf(executablePath === undefined)(title, () => {
  let browser: Browser;
  let inPage: InPage;
  let runs: Record<'layered' | 'attention', ReturnType<typeof runOf>>;

  beforeAll(async () => {
    loadTensorFlow({ threads: 1 });
    runs = { layered: runOf(layered), attention: runOf(attention) };
    const exported = exportedModel(layered);
    const exports = {
      'layered.mjs': formats.js.encode(exported),
      'layered-tfjs': formats.tfjs.encode(exported),
      'attention-tfjs': await formats.tfjs.encodeTraced!(attention),
    };
    browser = await chromium.launch({ executablePath: executablePath!, args: quietBrowser });
    inPage = await openInPage(await browser.newPage(), exports);
  });

  afterAll(() => browser?.close());

  test.each([
    ['layered', 'cpu'],
    ['layered', 'webgl'],
    ['attention', 'cpu'],
    ['attention', 'webgl'],
  ] as const)('the tfjs model %s says what is stored of all images, by %s', async (name, by) => {
    const { model, pixels, stored } = runs[name];
    const { classes, probabilities } = await inPage.tfjs(`${name}-tfjs`, pixels, by);
    expect(classes).toEqual(model.classes);
    expectSame(probabilities, stored);
  });

  test('the js module, in a worker, says what is stored of all images', async () => {
    const { model, pixels, stored } = runs.layered;
    const { classes, probabilities } = await inPage.js('layered.mjs', pixels);
    expect(classes).toEqual(model.classes);
    expectSame(probabilities, stored);
  });
});

function expectSame(found: number[], stored: Float32Array): void {
  expect(found).toHaveLength(stored.length);
  expect(new Set(Array.from(stored, (p) => p.toFixed(2))).size).toBeGreaterThan(8);
  expect(largestDifference(Float32Array.from(found), stored)).toBeLessThan(1e-5);
}
