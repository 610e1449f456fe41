import { createRequire } from 'node:module';
import { extname } from 'node:path';
import type { Page } from 'playwright-core';
import type { Files } from './formats/format.ts';

/** What exports say, asked in a page of a browser. */
export interface InPage {
  /** A graph model, by a backend of TensorFlow.js. */
  tfjs(name: string, pixels: Uint8Array, backend: 'cpu' | 'webgl'): Promise<Said>;
  /** An ES module, in a worker. */
  js(name: string, pixels: Uint8Array): Promise<Said>;
}

interface Said {
  classes: string[];
  /** [n, classes] */
  probabilities: number[];
}

const require = createRequire(import.meta.url);
/** TensorFlow.js as pages load it. */
const scripts = [
  require.resolve('@tensorflow/tfjs-core/dist/tf-core.min.js'),
  require.resolve('@tensorflow/tfjs-converter/dist/tf-converter.min.js'),
  require.resolve('@tensorflow/tfjs-backend-cpu/dist/tf-backend-cpu.min.js'),
  require.resolve('@tensorflow/tfjs-backend-webgl/dist/tf-backend-webgl.min.js'),
];

const address = 'http://export.test';
const types: Record<string, string> = {
  '': 'text/html',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
};

/**
 * Opens an empty page whose server has exports, as a service would.
 * @param exports their files, by the names that they are asked for by
 */
export async function openInPage(
  page: Page,
  exports: Readonly<Record<string, Files>>,
): Promise<InPage> {
  const served = new Map<string, Uint8Array>([['/', new Uint8Array()]]);
  for (const [name, files] of Object.entries(exports))
    for (const [below, bytes] of Object.entries(files))
      served.set(below === '' ? `/${name}` : `/${name}/${below}`, bytes);
  await page.route(`${address}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    const bytes = served.get(pathname);
    if (bytes === undefined) return route.fulfill({ status: 404 });
    const contentType = types[extname(pathname)] ?? 'application/octet-stream';
    return route.fulfill({ body: Buffer.from(bytes), contentType });
  });
  await page.goto(`${address}/`);
  for (const path of scripts) await page.addScriptTag({ path });
  // As text: what a browser has is not among the types that tests have.
  const ask = (pixels: Uint8Array, script: string): Promise<Said> => {
    served.set('/pixels.bin', pixels);
    return page.evaluate(`(async () => { ${script} })()`);
  };
  return {
    tfjs: (name, pixels, backend) =>
      ask(
        pixels,
        `if (!(await tf.setBackend('${backend}'))) throw new Error('There is no ${backend}.');
        const model = await tf.loadGraphModel('${address}/${name}/model.json');
        const { classes, image: { height, width, channels } } = model.metadata;
        const pixels = new Uint8Array(await (await fetch('/pixels.bin')).arrayBuffer());
        const size = height * width * channels;
        const probabilities = [];
        for (let from = 0; from < pixels.length; from += 250 * size) {
          const part = Int32Array.from(pixels.subarray(from, from + 250 * size));
          const fed = tf.tensor(part, [part.length / size, height, width, channels]);
          const found = model.predict(fed);
          probabilities.push(...(await found.data()));
          tf.dispose([fed, found]);
        }
        model.dispose();
        return { classes, probabilities };`,
      ),
    js: (name, pixels) =>
      ask(
        pixels,
        `const source = \`import { classes, probabilities } from '${address}/${name}';
          const pixels = await (await fetch('${address}/pixels.bin')).arrayBuffer();
          const found = [...probabilities(new Uint8Array(pixels))];
          postMessage({ classes, probabilities: found });\`;
        const script = new Blob([source], { type: 'text/javascript' });
        const worker = new Worker(URL.createObjectURL(script), { type: 'module' });
        return new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        });`,
      ),
  };
}
