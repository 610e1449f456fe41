import { z } from 'zod';
import type { Architecture, Image, Layer } from './architecture.ts';
import { pooledHead, pooledHeadLayers } from './pooled-head.ts';
import { batchNormTensors, convolutionTensors, linearTensors } from './tensors.ts';

export const cnnOptions = z.strictObject({
  architecture: z.literal('cnn'),
  filters: z.array(z.int().min(1).max(4096)).min(1).max(16).default([32, 64, 128]).meta({
    help: "outputs of a cnn's 3 x 3 convolutions, or of a resnet's stages, first to last",
    flag: 'filters',
  }),
  activation: z
    .enum(['gelu', 'relu'])
    .default('gelu')
    .meta({ help: 'what follows the BatchNorm of convolutions: gelu or relu', flag: 'activation' }),
  dropout: z.number().min(0).lt(1).default(0.3).meta({
    help: 'probability that an activation is zeroed',
    placeholder: 'p',
    flag: 'dropout',
  }),
});

type Options = z.output<typeof cnnOptions>;

export const activationNames = { gelu: 'GELU', relu: 'ReLU' };

/** A block's convolution: what goes in and comes out, and the size of images before pooling. */
interface Block {
  inputs: number;
  outputs: number;
  height: number;
  width: number;
  /** Whether images are halved after it: both sides must have two pixels. */
  pools: boolean;
}

function blocksOf({ height, width, channels }: Image, filters: number[]): Block[] {
  let [rows, columns] = [height, width];
  return filters.map((outputs, i) => {
    const pools = rows >= 2 && columns >= 2;
    const block = {
      ...{ inputs: filters[i - 1] ?? channels, outputs, height: rows, width: columns, pools },
    };
    if (pools) [rows, columns] = [Math.floor(rows / 2), Math.floor(columns / 2)];
    return block;
  });
}

/**
 * A convolutional network: blocks of a 3 x 3 convolution (zeros around the image), BatchNorm, an
 * activation and 2 x 2 max pooling, which images of one row or column are spared; then the average
 * over what is left of the image, dropout and the head. Tensors are, for block i (from 1),
 * conv{i}.weight, conv{i}.bias and bn{i}.weight, .bias, .running_mean and .running_var, then
 * head.weight and head.bias; convolutions' weights are [rows, columns, inputs, outputs], the head's
 * [inputs, outputs], all others [outputs].
 */
export const cnn: Architecture<Options> = {
  noun: 'convolutional network',
  seesImages: true,

  describe({ image, filters, activation, dropout, classes }) {
    const { height, width, channels } = image!;
    return `images of ${height} x ${width} x ${channels}, blocks of ${filters.join(', ')} filters (3 x 3 convolution, BatchNorm, ${activationNames[activation]}, 2 x 2 max pooling), global average, dropout ${dropout}, ${classes} logits`;
  },

  shape({ image, filters, activation, classes }) {
    const { height, width, channels } = image!;
    return `${height}x${width}x${channels}, ${[...filters, classes].join('-')}, ${activation}`;
  },

  tensors({ image, filters, classes }) {
    const blocks = filters.flatMap((outputs, i) => {
      const inputs = filters[i - 1] ?? image!.channels;
      return [
        ...convolutionTensors(`conv${i + 1}`, inputs, outputs),
        ...batchNormTensors(`bn${i + 1}`, outputs),
      ];
    });
    return [...blocks, ...linearTensors('head', filters.at(-1)!, classes, 'bias')];
  },

  layers({ image, filters, activation, dropout, classes }) {
    const { height, width, channels } = image!;
    const blocks = blocksOf(image!, filters);
    const features = filters.at(-1)!;
    return [
      { name: 'input', type: 'Image', output: [height, width, channels] },
      ...blocks.flatMap((block, i): Layer[] => {
        const { inputs, outputs, pools } = block;
        const output = [block.height, block.width, outputs];
        const multiplyAdds = block.height * block.width * 9 * inputs * outputs;
        const pooled = [Math.floor(block.height / 2), Math.floor(block.width / 2), outputs];
        return [
          { name: `conv${i + 1}`, type: 'Convolution 3 x 3', output, multiplyAdds },
          { name: `bn${i + 1}`, type: 'BatchNorm', output },
          { name: `${activation}${i + 1}`, type: activationNames[activation], output },
          ...(pools ? [{ name: `pool${i + 1}`, type: 'Max pooling 2 x 2', output: pooled }] : []),
        ];
      }),
      ...pooledHeadLayers(features, dropout, classes),
    ];
  },

  forward(x, { image, filters, activation, dropout }, layers) {
    let h = layers.images(x, image!);
    for (const [i, { pools }] of blocksOf(image!, filters).entries()) {
      const normalised = layers.normalisedConvolution(h, `conv${i + 1}`, `bn${i + 1}`);
      const activated = layers[activation](normalised);
      h = pools ? layers.maxPool(activated) : activated;
    }
    return pooledHead(h, dropout, layers);
  },
};
