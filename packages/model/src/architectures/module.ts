import { UserError } from '@atelier/errors';
import { z } from 'zod';
import type { Architecture, Ends, Layer, Layers, TensorTools } from './architecture.ts';

const side = z.int().min(1);

const specSchema = z.strictObject({
  name: z.string(),
  shape: z.array(side),
  role: z.enum(['weight', 'bias', 'scale', 'shift', 'runningMean', 'runningVariance']),
  layer: z.string(),
  fanIn: side.optional(),
  decays: z.boolean(),
});

export type ModuleTensor = z.output<typeof specSchema>;

/**
 * A network that a person wrote: what its module said of itself when it was looked at, and which
 * source that is, so that its code runs nowhere but where it computes.
 */
export const moduleOptions = z.strictObject({
  architecture: z.literal('module'),
  name: z.string().meta({ help: "the file of the network's module" }),
  /** A blob. */
  module: z
    .strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: side })
    .meta({ help: 'the module and what it imports, as one JavaScript text' }),
  options: z.record(z.string(), z.json()).meta({ help: "the network's own options" }),
  for: z
    .strictObject({
      classes: side,
      image: z.strictObject({ height: side, width: side, channels: side }),
    })
    .meta({ help: 'the data that the module was looked at for' }),
  tensors: z.array(specSchema).min(1).meta({ help: 'what it says of its tensors' }),
  multiplyAdds: z.int().min(0).meta({ help: 'of one example, in products and convolutions' }),
});

export type ModuleOptions = z.output<typeof moduleOptions>;

/** What a module's forward pass is given besides the images. */
interface Computation<Value> extends Ends, TensorTools<Value> {
  options: unknown;
  layers: Layers<Value>;
}

type Forward = <Value>(x: Value, computation: Computation<Value>) => Value;

const loaded = new Map<string, Forward>();

/** From here on networks of this source compute in this process. */
export const registerForward = (sha256: string, forward: Forward): void =>
  void loaded.set(sha256, forward);

const optionsText = (options: ModuleOptions['options']): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ') || 'no options';

export const moduleNetwork: Architecture<ModuleOptions> = {
  noun: 'network of its own',
  seesImages: true,

  describe: ({ name, module, options, image, classes }) =>
    `images of ${image!.height} x ${image!.width} x ${image!.channels}, the module ${name} (SHA-256 ${module.sha256.slice(0, 12)}; ${optionsText(options)}), ${classes} logits`,

  shape: ({ tensors }) => tensors.map(({ name, shape }) => `${name} [${shape}]`).join(', '),

  tensors({ tensors, for: { classes, image }, ...network }) {
    const { height, width, channels } = network.image!;
    const [here, there] = [
      [height, width, channels, network.classes],
      [image.height, image.width, image.channels, classes],
    ].map((sizes) => `${sizes!.slice(0, 3).join(' x ')} and ${sizes![3]} classes`);
    if (here !== there)
      throw new UserError({
        what: 'The network was made for other data.',
        where: 'network',
        expected: `images of ${there}`,
        found: `images of ${here}`,
        remedy: 'start a run with --network, which looks at the module again',
        mendedBy: [],
      });
    return tensors.map(({ fanIn, ...spec }) => ({ ...spec, ...(fanIn && { fanIn }) }));
  },

  layers({ image, tensors, classes, multiplyAdds }) {
    const { height, width, channels } = image!;
    const names = [...new Set(tensors.map(({ layer }) => layer))];
    return [
      { name: 'input', type: 'Image', output: [height, width, channels] },
      ...names.map((name): Layer => ({ name, type: 'Parameters', output: [], multiplyAdds: 0 })),
      { name: 'forward', type: 'All operations', output: [classes], multiplyAdds },
    ];
  },

  forward(x, network, layers, tools) {
    const forward = loaded.get(network.module.sha256);
    if (forward === undefined)
      throw new Error(`The module ${network.name} is not loaded in this process.`);
    const { inputs, classes, image, options } = network;
    const given = { inputs, classes, image, options, layers };
    // Not spread: its getters refuse.
    if (tools) return forward(x, { ...given, ...tools });
    try {
      return forward(x, Object.assign(withoutTensors<typeof x>(), given));
    } catch (error) {
      // It has computed with tensors: what it throws here is that these are none.
      throw error instanceof NoListOfLayers ? error : new NoListOfLayers({ cause: error });
    }
  },
};

/** A network's forward pass computes with tensors itself, and is no list of layers. */
export class NoListOfLayers extends UserError {
  constructor(options?: ErrorOptions) {
    super(
      {
        what: 'This network cannot be written in such a format: it computes with tensors itself.',
        where: 'forward of its module',
        expected: 'a forward pass of `layers` alone',
        remedy:
          'take --format savedmodel, onnx or tfjs; `npx atelier fetch` brings its tensors as safetensors, and `npx atelier serve` answers by it',
      },
      options,
    );
  }
}

/** Where a network is written down as a list of layers there are no tensors to compute with. */
function withoutTensors<Value>(): TensorTools<Value> {
  const refuse = (): never => {
    throw new NoListOfLayers();
  };
  return {
    get parameters() {
      return refuse();
    },
    get training() {
      return refuse();
    },
    batchNorm: refuse,
  } as TensorTools<Value>;
}
