import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { findTestBrowser, quietBrowser, testBrowsers } from '@atelier/infra';
import { initialModel, networkFor } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportedModel, type FormatName, formats } from '../src/index.ts';

const executablePath = findTestBrowser();
const title =
  executablePath === undefined
    ? `exports in a browser (skipped: none of ${testBrowsers.join(', ')} is on PATH)`
    : 'exports in a browser';

const shape = { height: 8, width: 8, channels: 3 };
const classes = ['дом', 'wood', '</script>'];
const size = shape.height * shape.width * shape.channels;
const pixels = Uint8Array.from({ length: 5 * size }, (_, i) => (i * 37 + (i >> 6) * 11) % 256);
const scripts = createRequire(import.meta.url);
const types = { '.json': 'application/json', '.mjs': 'text/javascript', '.html': 'text/html' };

describe.skipIf(executablePath === undefined)(title, () => {
  let browser: Browser;
  let page: Page;
  let directory: string;
  /** What plain JavaScript says here; that it is what TensorFlow says, others hold it to. */
  let wanted: number[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'atelier-exports-'));
    const options = { architecture: 'resnet', filters: [4, 6], activation: 'gelu' };
    const network = networkFor(networkOptionsSchema.parse(options), shape, classes.length);
    const exported = exportedModel({
      ...{ model: initialModel(network, 7), shape, classes },
      normalisation: { mean: [0.5, 0.4, 0.2], std: [0.2, 0.25, 0.3] },
      origin: { run: 'a-run', sha256: 'ab'.repeat(32) },
    });
    const write = async (format: FormatName) => {
      for (const [name, bytes] of Object.entries(formats[format].encode(exported))) {
        const path = join(directory, `model${formats[format].suffix}`, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
      }
    };
    await Promise.all([write('tfjs'), write('js'), writeFile(join(directory, 'page.html'), '')]);
    const reader = await formats.js.read(join(directory, 'model.mjs'), shape, 'python3');
    wanted = [...(await reader.probabilities(pixels))];
    browser = await chromium.launch({ executablePath: executablePath!, args: quietBrowser });
    page = await browser.newPage();
    // A service that hands out the folder's files.
    await page.route('http://export.test/**', async (route) => {
      const path = join(directory, new URL(route.request().url()).pathname);
      const contentType = types[extname(path) as keyof typeof types] ?? 'application/octet-stream';
      await route.fulfill({ body: await readFile(path), contentType });
    });
    await page.goto('http://export.test/page.html');
  });

  afterAll(async () => {
    await browser?.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('tfjs loads the graph model and gives the same', async () => {
    for (const name of ['core', 'converter', 'backend-cpu'])
      await page.addScriptTag({
        path: scripts.resolve(`@tensorflow/tfjs-${name}/dist/tf-${name}.min.js`),
      });
    const said = await page.evaluate(
      async ({ pixels, sides }) => {
        // biome-ignore lint/suspicious/noExplicitAny: the scripts' own name in the page
        const { tf } = globalThis as any;
        await tf.setBackend('cpu');
        const model = await tf.loadGraphModel('http://export.test/model-tfjs/model.json');
        const found = model.predict(tf.tensor(pixels, [5, ...sides], 'int32'));
        return {
          classes: model.metadata.classes,
          shape: found.shape,
          values: [...(await found.data())],
        };
      },
      { pixels: [...pixels], sides: [shape.height, shape.width, shape.channels] },
    );
    expect(said).toMatchObject({ classes, shape: [5, 3] });
    expectSame(said.values);
  });

  test('the js module runs in a worker and gives the same', async () => {
    const script = `import { classes, probabilities } from 'http://export.test/model.mjs';
      onmessage = ({ data }) => postMessage({ classes, values: [...probabilities(data)] });
      postMessage('ready');`;
    // As text: a worker of a browser is not among the types that tests have.
    const said: { classes: string[]; values: number[] } = await page.evaluate(`(async () => {
      const script = new Blob([${JSON.stringify(script)}], { type: 'text/javascript' });
      const worker = new Worker(URL.createObjectURL(script), { type: 'module' });
      const answer = () => new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      await answer();
      worker.postMessage(${JSON.stringify([...pixels])});
      return answer();
    })()`);
    expect(said.classes).toEqual(classes);
    expectSame(said.values);
  });

  function expectSame(values: number[]): void {
    expect(new Set(values.map((p) => p.toFixed(3))).size).toBeGreaterThan(8);
    expect(values).toEqual(wanted.map((p) => expect.closeTo(p, 5)));
  }
});
