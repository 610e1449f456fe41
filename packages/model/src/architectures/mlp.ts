import { z } from 'zod';
import type { Architecture, Layer } from './architecture.ts';
import { batchNormTensors, linearTensors } from './tensors.ts';

export const mlpOptions = z
  .strictObject({
    architecture: z.literal('mlp').default('mlp').meta({
      help: 'kind of network: mlp (fully connected), cnn (convolutional) or resnet (residual)',
      placeholder: 'name',
      flag: 'architecture',
      added: true,
    }),
    widths: z
      .array(z.int().min(1).max(65_536))
      .min(1)
      .max(64)
      .default([144, 128, 128, 128])
      .meta({ help: 'outputs of the hidden blocks, first to last', flag: 'widths' }),
    residual: z.int().min(0).default(3).meta({
      help: 'block, from 2 on, that a residual connection leads around; 0: none',
      flag: 'residual',
    }),
    dropout: z.number().min(0).lt(1).default(0.3).meta({
      help: 'probability that an activation is zeroed',
      placeholder: 'p',
      flag: 'dropout',
    }),
    dropoutAt: z.enum(['output', 'blocks']).default('output').meta({
      help: 'output: before the output layer only; blocks: after every block',
      flag: 'dropoutAt',
    }),
  })
  .superRefine(({ widths, residual }, context) => {
    if (residual === 0) return;
    const [before, after] = [widths[residual - 2], widths[residual - 1]];
    const between = before !== undefined && after !== undefined;
    if (between && before === after) return;
    context.addIssue({
      code: 'custom',
      path: ['residual'],
      input: residual,
      message: between
        ? `expected a block as wide as the one before it, found ${before} before and ${after} after`
        : `expected 0 (none) or one of the ${widths.length} blocks of widths but the first`,
    });
  });

/**
 * A multilayer perceptron: blocks of linear, BatchNorm and GELU, one of them with a residual
 * connection, then the head. Tensors are, for block i (from 1), fc{i}.weight, fc{i}.bias,
 * bn{i}.weight, bn{i}.bias, bn{i}.running_mean and bn{i}.running_var, then head.weight and
 * head.bias; weights are [inputs, outputs], all others [outputs].
 */
export const mlp: Architecture<z.output<typeof mlpOptions>> = {
  noun: 'fully connected network',
  seesImages: false,

  describe({ inputs, widths, residual, dropout, classes }) {
    const around =
      residual === 0 ? 'no residual connection' : `a residual connection around block ${residual}`;
    return `${inputs} inputs, blocks of ${widths.join(', ')} (linear, BatchNorm, GELU), ${around}, dropout ${dropout}, ${classes} logits`;
  },

  shape: ({ inputs, widths, residual, classes }) =>
    `${[inputs, ...widths, classes].join('-')}, residual ${residual}`,

  tensors({ inputs, widths, classes }) {
    const blocks = widths.flatMap((outputs, i) => [
      ...linearTensors(`fc${i + 1}`, widths[i - 1] ?? inputs, outputs, 'heldBias'),
      ...batchNormTensors(`bn${i + 1}`, outputs),
    ]);
    return [...blocks, ...linearTensors('head', widths.at(-1)!, classes, 'bias')];
  },

  layers({ inputs, widths, classes, residual, dropout, dropoutAt }) {
    const layer = (name: string, type: string, outputs: number): Layer => ({
      name,
      type,
      output: [outputs],
    });
    const dropped = (outputs: number) =>
      dropout === 0 ? [] : [layer('dropout', `Dropout ${dropout}`, outputs)];
    const blocks = widths.flatMap((outputs, i) => [
      layer(`fc${i + 1}`, 'Linear', outputs),
      layer(`bn${i + 1}`, 'BatchNorm', outputs),
      layer(`gelu${i + 1}`, 'GELU', outputs),
      ...(dropoutAt === 'blocks' ? dropped(outputs) : []),
      ...(i + 1 === residual ? [layer(`add${i + 1}`, 'Residual', outputs)] : []),
    ]);
    return [
      layer('input', 'Flatten', inputs),
      ...blocks,
      ...(dropoutAt === 'output' ? dropped(widths.at(-1)!) : []),
      layer('head', 'Linear', classes),
    ];
  },

  forward(x, { widths, residual, dropout, dropoutAt }, layers) {
    let h = x;
    for (let block = 1; block <= widths.length; block++) {
      const activated = layers.gelu(layers.normalisedLinear(h, `fc${block}`, `bn${block}`));
      const out = dropoutAt === 'blocks' ? layers.dropout(activated, dropout, block) : activated;
      h = block === residual ? layers.add(h, out) : out;
    }
    return layers.linear(dropoutAt === 'output' ? layers.dropout(h, dropout, 1) : h, 'head');
  },
};
