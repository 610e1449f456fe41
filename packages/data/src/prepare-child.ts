import { join } from 'node:path';
import { writeWhole } from '@atelier/files';
import { serveParent } from '@atelier/subprocess';
import { prepareDataset } from './prepare-dataset.ts';
import type { PreparationJob, PreparedFiles } from './prepare-in-child.ts';
import { encodeSplit, splitNames } from './split.ts';

serveParent<PreparationJob, never, PreparedFiles>(async ({ directory, ...job }, { signal }) => {
  const { manifest, splits } = await prepareDataset({ ...job, signal });
  const paths = {} as PreparedFiles['paths'];
  for (const name of splitNames) {
    const split = splits[name];
    if (split === undefined) continue;
    paths[name] = join(directory, `${name}.safetensors`);
    await writeWhole(paths[name], encodeSplit(split));
  }
  return { manifest, paths };
});
