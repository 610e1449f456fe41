import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { pathsIn, prepareDataset, readDescriptor } from '../src/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with the four official files: that of ATELIER_DATASET_MIRROR. */
    fashionMnistFolder?: string;
  }
}

const folder = inject('fashionMnistFolder');
const descriptor = await readDescriptor(
  fileURLToPath(new URL('../../../datasets/fashion-mnist.json', import.meta.url)),
);
const files = pathsIn(folder ?? '', descriptor);
const isHere = folder !== undefined && Object.values(files).every((path) => existsSync(path));

test.skipIf(!isHere)(
  'the official files give the numbers that docs/data-format.md tells (ATELIER_DATASET_MIRROR)',
  async () => {
    const { manifest, splits } = await prepareDataset({ descriptor, files, splitSeed: 0 });
    expect(manifest.normalisation).toEqual({ mean: 0.2860405969887955, std: 0.35302424451492254 });
    expect(manifest.splits).toEqual({
      train: { count: 60_000, classCounts: new Array(10).fill(6000) },
      validation: { count: 5000, classCounts: new Array(10).fill(500) },
      test: { count: 5000, classCounts: new Array(10).fill(500) },
    });
    expect(manifest.contract.duplicates.groups).toBe(0);
    expect(manifest.contract.constantImages).toMatchObject({ train: 0, validation: 0, test: 0 });
    // Computed by the rule in docs/data-format.md, in Python.
    const digest = createHash('sha256').update(splits.test.images).update(splits.test.labels);
    expect(digest.digest('hex')).toBe(
      'f5939b8ed01973ce9abd3dd5bef52f6cb45f9080850ce2ca9c613cd38a54a850',
    );
  },
);
