import { readFile } from 'node:fs/promises';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '@atelier/safetensors';
import type { ExportedModel } from '../exported-model.ts';
import { channelsFirst, channelsLast, transposed } from './channels-first.ts';
import { exactClassifier } from './classifier-module.ts';
import type { ExportFormat } from './format.ts';
import { distinctLayers, programName } from './layer-names.ts';

export const safetensors: ExportFormat = {
  suffix: '.safetensors',
  about:
    "safetensors with PyTorch's orders of dimensions, BatchNorm folded in; its metadata has `classes`, `image` and `steps`, the network as a list of plain operations, as JSON",
  encode: (model) => ({ '': encodeWeights(model) }),
  async read(path) {
    const { probabilities } = await exactClassifier(decodeWeights(await readFile(path), path));
    return {
      name: `Node ${process.versions.node}, by the steps that it lists,`,
      probabilities: async (pixels) => probabilities(pixels),
    };
  },
};

/** A linear layer's weight is [outputs, inputs], a convolution's [outputs, inputs, 3, 3]. */
export function encodeWeights({
  steps,
  shape,
  pixels,
  classes,
  origin,
}: ExportedModel): Uint8Array {
  const tensors: Record<string, Tensor> = {};
  const place = (name: string, data: Float32Array, shape: number[]): void => {
    tensors[name] = { dtype: 'F32', shape, data };
  };
  place('pixel_factors', pixels.factors, [shape.channels]);
  place('pixel_shifts', pixels.shifts, [shape.channels]);
  const listed = distinctLayers(steps, programName).map((step) => {
    if (!('weight' in step)) return step;
    const { weight, bias, layer: name, ...rest } = step;
    const outputs = bias.length;
    place(`${name}.bias`, bias, [outputs]);
    if (step.kind === 'linear')
      place(`${name}.weight`, transposed(weight, outputs), [outputs, weight.length / outputs]);
    else {
      const sides = [outputs, weight.length / outputs / 9, 3, 3];
      place(`${name}.weight`, channelsFirst(weight, outputs), sides);
    }
    return { ...rest, layer: name };
  });
  const { height, width, channels } = shape;
  const metadata = {
    classes: JSON.stringify(classes),
    image: JSON.stringify({ height, width, channels }),
    ...{ run: origin.run, model: `sha256:${origin.sha256}`, steps: JSON.stringify(listed) },
  };
  return encodeSafetensors({ tensors, metadata });
}

/** What a file of `encodeWeights` holds. */
function decodeWeights(bytes: Uint8Array, path: string): ExportedModel {
  const { tensors, metadata } = decodeSafetensors(bytes, path);
  const floats = (name: string) => tensors[name]!.data as Float32Array;
  const { classes, image, steps, run, model } = metadata as Record<string, string>;
  const listed = JSON.parse(steps!) as ExportedModel['steps'];
  return {
    ...{ shape: JSON.parse(image!), classes: JSON.parse(classes!) },
    origin: { run: run!, sha256: model!.replace('sha256:', '') },
    pixels: { factors: floats('pixel_factors'), shifts: floats('pixel_shifts') },
    steps: listed.map((step) => {
      if (step.kind !== 'linear' && step.kind !== 'convolution') return step;
      const [weight, bias] = [floats(`${step.layer}.weight`), floats(`${step.layer}.bias`)];
      const inputs = weight.length / bias.length;
      return step.kind === 'linear'
        ? { ...step, bias, weight: transposed(weight, inputs) }
        : { ...step, bias, weight: channelsLast(weight, bias.length) };
    }),
  };
}
