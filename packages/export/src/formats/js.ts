import { pathToFileURL } from 'node:url';
import { classifierModule } from './classifier-module.ts';
import type { ExportFormat } from './format.ts';

export const js: ExportFormat = {
  suffix: '.mjs',
  about:
    'an ES module that imports nothing, for browsers, workers, Node and Deno: `classify(pixels)` gives names and probabilities of one image, `probabilities(pixels)` gives [n, classes] of any number; `classes` and `image` say what it knows',
  encode: (model) => ({ '': Buffer.from(classifierModule(model)) }),
  async read(path) {
    const { probabilities } = (await import(pathToFileURL(path).href)) as {
      probabilities(pixels: Uint8Array): Float32Array;
    };
    return {
      name: `Node ${process.versions.node}`,
      probabilities: async (pixels) => probabilities(pixels),
    };
  },
};
