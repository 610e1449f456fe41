import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeSplit } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import { evaluatePredictions, predict } from '@atelier/evaluate';
import { encodeModel, initialModel, networkFor } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { uniforms } from '@atelier/random';
import { buildReport, type Report, type TriedNetwork } from '../src/index.ts';
import { fixture, type HeldImages, heldImages } from './fixture.ts';

/** A report on a network that is there, and on what TensorFlow says that it predicts. */
export interface Tried {
  report: Report;
  images: HeldImages;
  network: TriedNetwork;
}

const examples = 100;

/** The network of the default recipe's kind, on grey images, or a convolutional one on colour ones. */
export async function triedFixture(kind: 'mlp' | 'cnn', directory: string): Promise<Tried> {
  const { inputs, images: grey } = fixture({ examples });
  const { classes } = inputs.dataset;
  const shape = kind === 'mlp' ? grey.shape : { height: 13, width: 10, channels: 3 };
  const noise = uniforms(examples * imageSize(shape), 8);
  const images =
    kind === 'mlp'
      ? grey
      : heldImages(
          shape,
          Uint8Array.from(noise, (share) => 256 * share),
        );
  const normalisation =
    kind === 'mlp'
      ? inputs.dataset.normalisation
      : { mean: [0.5, 0.6, 0.7], std: [0.25, 0.3, 0.35] };
  const options = networkOptionsSchema.parse(
    kind === 'mlp'
      ? { architecture: kind, widths: [24, 24], residual: 2 }
      : { architecture: kind, filters: [6, 10] },
  );
  const network = networkFor(options, shape, classes.length);
  const model = initialModel(network, 3);
  const [modelPath, splitPath] = ['model', 'split'].map((name) =>
    path.join(directory, `${kind}-${name}`),
  ) as [string, string];
  const { labels, indices } = inputs.predictions;
  await writeFile(modelPath, encodeModel(model));
  await writeFile(
    splitPath,
    encodeSplit({ name: 'test', shape, images: images.images, labels, indices }),
  );
  const predictions = await predict({ modelPath, splitPath, normalisation });
  const { height, width, channels } = shape;
  const dataset = {
    ...{ ...inputs.dataset, normalisation, height, width },
    ...(channels === 3 && { channels: 3 as const }),
  };
  const evaluation = evaluatePredictions(predictions, classes);
  return {
    report: buildReport({ ...inputs, dataset, network, predictions, evaluation }),
    images,
    network: { model, origin: { run: 'first', sha256: 'ab12' }, fit: 'contain' },
  };
}
