import { z } from 'zod';
import type { Architecture, Ends, Image, Layer, Layers } from './architecture.ts';
import { activationNames, cnnOptions } from './cnn.ts';
import { pooledHead, pooledHeadLayers } from './pooled-head.ts';
import { batchNormTensors, convolutionTensors, linearTensors } from './tensors.ts';

export const resnetOptions = z.strictObject({
  architecture: z.literal('resnet'),
  ...cnnOptions.pick({ filters: true, activation: true, dropout: true }).shape,
  blocks: z.int().min(1).max(16).default(1).meta({
    help: 'residual blocks of two convolutions in every stage of a resnet',
    flag: 'blocks',
  }),
});

type Options = z.output<typeof resnetOptions>;

interface Stage {
  inputs: number;
  outputs: number;
  /** The size of its images. */
  height: number;
  width: number;
  /** Whether they are halved before it: both sides must have two pixels. */
  pools: boolean;
}

function stagesOf({ height, width, channels }: Image, filters: number[]): Stage[] {
  let [rows, columns] = [height, width];
  return filters.map((outputs, i) => {
    const pools = i > 0 && rows >= 2 && columns >= 2;
    if (pools) [rows, columns] = [rows >> 1, columns >> 1];
    const inputs = filters[i - 1] ?? channels;
    return { inputs, outputs, height: rows, width: columns, pools };
  });
}

/** Every convolution in order, counted from 1: one that leads into a stage, two of each block. */
function convolutionsOf(image: Image, filters: number[], blocks: number) {
  const convolutions = stagesOf(image, filters).flatMap((stage) => [
    { ...stage, ends: false },
    ...Array.from({ length: 2 * blocks }, (_, i) => ({
      ...{ ...stage, inputs: stage.outputs, pools: false, ends: i % 2 === 1 },
    })),
  ]);
  return convolutions.map((convolution, i) => ({ ...convolution, n: i + 1 }));
}

/**
 * A residual network for small images (https://arxiv.org/abs/1512.03385): each stage is led into by a
 * 3 x 3 convolution, BatchNorm and an activation, after 2 x 2 max pooling from the second stage on,
 * which images of one row or column are spared. So a stage's blocks keep size and channels, and
 * nothing stands in the way around them: block(h) = activation(h + BatchNorm(convolution(activation(
 * BatchNorm(convolution(h)))))). Then the average over what is left of the image, dropout and the
 * head. Tensors are those of a cnn, convolutions counted through from 1.
 */
export const resnet: Architecture<Options> = {
  noun: 'residual network',
  seesImages: true,

  describe({ image, filters, blocks, activation, dropout, classes }) {
    const { height, width, channels } = image!;
    const each = blocks === 1 ? 'a residual block' : `${blocks} residual blocks`;
    return `images of ${height} x ${width} x ${channels}, stages of ${filters.join(', ')} filters (3 x 3 convolution, then ${each} of two; BatchNorm, ${activationNames[activation]}), 2 x 2 max pooling between them, global average, dropout ${dropout}, ${classes} logits`;
  },

  shape({ image, filters, blocks, activation, classes }) {
    const { height, width, channels } = image!;
    return `${height}x${width}x${channels}, ${[...filters, classes].join('-')}, blocks ${blocks}, ${activation}`;
  },

  tensors({ image, filters, blocks, classes }) {
    const convolutions = convolutionsOf(image!, filters, blocks);
    return [
      ...convolutions.flatMap(({ n, inputs, outputs }) => [
        ...convolutionTensors(`conv${n}`, inputs, outputs),
        ...batchNormTensors(`bn${n}`, outputs),
      ]),
      ...linearTensors('head', filters.at(-1)!, classes, 'bias'),
    ];
  },

  layers({ image, filters, blocks, activation, dropout, classes }) {
    const features = filters.at(-1)!;
    return [
      { name: 'input', type: 'Image', output: [image!.height, image!.width, image!.channels] },
      ...convolutionsOf(image!, filters, blocks).flatMap((convolution): Layer[] => {
        const { n, inputs, outputs, height, width, pools, ends } = convolution;
        const output = [height, width, outputs];
        const multiplyAdds = height * width * 9 * inputs * outputs;
        const pooled = [height, width, inputs];
        return [
          ...(pools ? [{ name: `pool${n}`, type: 'Max pooling 2 x 2', output: pooled }] : []),
          { name: `conv${n}`, type: 'Convolution 3 x 3', output, multiplyAdds },
          { name: `bn${n}`, type: 'BatchNorm', output },
          ...(ends ? [{ name: `add${n}`, type: 'Residual', output }] : []),
          { name: `${activation}${n}`, type: activationNames[activation], output },
        ];
      }),
      ...pooledHeadLayers(features, dropout, classes),
    ];
  },

  forward<Value>(x: Value, network: Ends & Options, layers: Layers<Value>): Value {
    const { image, filters, blocks, activation, dropout } = network;
    let n = 0;
    const convolved = (h: Value): Value => {
      n += 1;
      return layers.normalisedConvolution(h, `conv${n}`, `bn${n}`);
    };
    const activated = layers[activation];
    let h = layers.images(x, image!);
    for (const { pools } of stagesOf(image!, filters)) {
      h = activated(convolved(pools ? layers.maxPool(h) : h));
      for (let block = 1; block <= blocks; block++)
        h = activated(layers.add(h, convolved(activated(convolved(h)))));
    }
    return pooledHead(h, dropout, layers);
  },
};
