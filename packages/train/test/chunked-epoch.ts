import { createHash } from 'node:crypto';
import { mlpOptions } from '@atelier/model/network';
import { uniforms } from '@atelier/random';
import { loadTensorFlow } from '@atelier/tensorflow';
import { DeviceTraining } from '../src/device-training.ts';
import { bufferLayout, initialState } from '../src/parameter-buffer.ts';
import { recipeSchema } from '../src/recipe.ts';

/**
 * Trains an epoch's 468 whole batches of the default recipe on noise, once for each of the given
 * numbers of steps in a call. A program of its own, since a process loads TensorFlow once, with one
 * number of threads: chunked-epoch.ts THREADS STEPS …
 * Prints the SHA-256 of the whole state after each, as JSON.
 */
const [threads, ...chunks] = process.argv.slice(2).map(Number);
loadTensorFlow({ threads: threads! });

const [size, steps] = [28, 468];
const block = Uint8Array.from(uniforms(2 ** 16, 1), (u) => u * 256);
/** Noise that repeats after 2^16 pixels, which no two batches of a shuffled epoch see alike. */
const noise = (count: number) => ({
  images: Uint8Array.from({ length: count * size * size }, (_, i) => block[i & 0xffff]!),
  labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
});
const data = { train: noise(60_000), validation: noise(100) };
const network = { inputs: size * size, classes: 10, ...mlpOptions.parse({}) };
const recipe = recipeSchema.parse({});
const layout = bufferLayout(network);
const options = {
  network,
  recipe,
  layout,
  normalisation: { mean: 0.286, std: 0.353 },
  image: { height: size, width: size, channels: 1 },
};

const digests: string[] = [];
for (const chunk of chunks) {
  const training = new DeviceTraining(options, 1, data, initialState(network, layout, 1));
  training.beginEpoch(1, recipe.learningRate);
  for (let from = 0; from < steps; from += chunk)
    await training.train(from, Math.min(chunk, steps - from));
  const [{ step, ...buffers }, sums] = [await training.state(), await training.sums()];
  const hash = createHash('sha256').update(JSON.stringify({ step, ...sums }));
  for (const buffer of Object.values(buffers)) hash.update(buffer);
  digests.push(hash.digest('hex'));
  training.dispose();
}
process.stdout.write(`${JSON.stringify(digests)}\n`);
