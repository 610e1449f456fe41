import { z } from 'zod';
import type { Architecture, Image, Layer, TensorSpec } from './architecture.ts';
import { batchNormTensors, linearTensors } from './tensors.ts';

export const cnnOptions = z.strictObject({
  architecture: z.literal('cnn'),
  filters: z
    .array(z.int().min(1).max(4096))
    .min(1)
    .max(16)
    .default([32, 64, 128])
    .meta({ help: 'outputs of the 3 x 3 convolutions, first to last', flag: 'filters' }),
  activation: z
    .enum(['gelu', 'relu'])
    .default('gelu')
    .meta({ help: 'what follows every BatchNorm of a cnn: gelu or relu', flag: 'activation' }),
  dropout: z.number().min(0).lt(1).default(0.3).meta({
    help: 'probability that an activation is zeroed',
    placeholder: 'p',
    flag: 'dropout',
  }),
});

type Options = z.output<typeof cnnOptions>;

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
    const name = { gelu: 'GELU', relu: 'ReLU' }[activation];
    return `images of ${height} x ${width} x ${channels}, blocks of ${filters.join(', ')} filters (3 x 3 convolution, BatchNorm, ${name}, 2 x 2 max pooling), global average, dropout ${dropout}, ${classes} logits`;
  },

  shape({ image, filters, activation, classes }) {
    const { height, width, channels } = image!;
    return `${height}x${width}x${channels}, ${[...filters, classes].join('-')}, ${activation}`;
  },

  tensors({ image, filters, classes }) {
    const blocks = filters.flatMap((outputs, i) => {
      const inputs = filters[i - 1] ?? image!.channels;
      return [
        ...convolution(`conv${i + 1}`, inputs, outputs),
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
          {
            name: `${activation}${i + 1}`,
            type: { gelu: 'GELU', relu: 'ReLU' }[activation],
            output,
          },
          ...(pools ? [{ name: `pool${i + 1}`, type: 'Max pooling 2 x 2', output: pooled }] : []),
        ];
      }),
      { name: 'average', type: 'Global average', output: [features] },
      ...(dropout === 0
        ? []
        : [{ name: 'dropout', type: `Dropout ${dropout}`, output: [features] }]),
      { name: 'head', type: 'Linear', output: [classes] },
    ];
  },

  forward(x, { image, filters, activation, dropout }, layers) {
    let h = layers.images(x, image!);
    for (const [i, { pools }] of blocksOf(image!, filters).entries()) {
      const normalised = layers.normalisedConvolution(h, `conv${i + 1}`, `bn${i + 1}`);
      const activated = layers[activation](normalised);
      h = pools ? layers.maxPool(activated) : activated;
    }
    return layers.linear(layers.dropout(layers.globalAverage(h), dropout, 1), 'head');
  },
};

const convolution = (layer: string, inputs: number, outputs: number): TensorSpec[] => [
  {
    ...{ name: `${layer}.weight`, shape: [3, 3, inputs, outputs], role: 'weight', layer },
    ...{ fanIn: 9 * inputs, decays: true },
  },
  { name: `${layer}.bias`, shape: [outputs], role: 'heldBias', layer, decays: false },
];
