import { readFile } from 'node:fs/promises';
import { decodeSplit } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import { serveParent } from '@atelier/subprocess';
import { formats } from './formats/index.ts';
import type { ReadBack, ReadBackJob } from './read-back.ts';

/** Images at a time, between which it says how far it is. */
const batch = 250;

serveParent<ReadBackJob, { done: number; of: number }, ReadBack>(
  async ({ format, path, splitPath, python }, { send, signal }) => {
    const { images, labels, shape } = decodeSplit(await readFile(splitPath), splitPath);
    const reader = await formats[format].read(path, shape, python);
    const size = imageSize(shape);
    const found: Float32Array[] = [];
    try {
      for (let done = 0; done < labels.length; done += batch) {
        signal.throwIfAborted();
        found.push(await reader.probabilities(images.subarray(done * size, (done + batch) * size)));
        await send({ done: Math.min(done + batch, labels.length), of: labels.length });
      }
    } finally {
      reader.close?.();
    }
    return { reader: reader.name, found: Float32Array.from(found.flatMap((part) => [...part])) };
  },
);
