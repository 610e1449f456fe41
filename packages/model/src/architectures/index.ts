import { withoutAddedDefaults } from '@atelier/settings';
import { z } from 'zod';
import {
  type Architecture,
  type Ends,
  type Image,
  roles,
  type TensorSpec,
} from './architecture.ts';
import { cnn, cnnOptions } from './cnn.ts';
import { mlp, mlpOptions } from './mlp.ts';
import {
  type ModuleOptions,
  type ModuleTensor,
  moduleNetwork,
  moduleOptions,
  registerForward,
} from './module.ts';
import { resnet, resnetOptions } from './resnet.ts';

/** Every kind of network, by the name that the setting `architecture` has for it. */
const architectures = { mlp, cnn, resnet, module: moduleNetwork };

/** The part of a network that a person chooses; the dataset gives the rest. */
export const networkOptionsSchema = z.discriminatedUnion(
  'architecture',
  [mlpOptions, cnnOptions, resnetOptions, moduleOptions],
  { error: `expected ${Object.keys(architectures).join(' or ')}` },
);

export type NetworkOptions = z.output<typeof networkOptionsSchema>;
export type Network = Ends & NetworkOptions;
export type Mlp = Ends & z.output<typeof mlpOptions>;
export {
  cnnOptions,
  type ModuleOptions,
  type ModuleTensor,
  mlpOptions,
  registerForward,
  resnetOptions,
  roles,
};

/** A network for images of this size. */
export function networkFor(options: NetworkOptions, image: Image, classes: number): Network {
  const { height, width, channels } = image;
  const seen = architectures[options.architecture].seesImages;
  return {
    inputs: height * width * channels,
    classes,
    ...(seen && { image: { height, width, channels } }),
    ...options,
  };
}

const side = z.int().min(1);

/** A whole network, as checkpoints record it. */
export const networkSchema = z
  .looseObject({
    inputs: z.int().min(1),
    classes: z.int().min(2),
    image: z.strictObject({ height: side, width: side, channels: side }).optional(),
  })
  .transform(({ inputs, classes, image, ...options }, context): Network => {
    const parsed = networkOptionsSchema.safeParse(options);
    const refuse = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message, input: options });
    for (const { path, message } of parsed.error?.issues ?? []) refuse(path, message);
    if (!parsed.success) return z.NEVER;
    const seen = architectures[parsed.data.architecture].seesImages;
    const size = image === undefined ? undefined : image.height * image.width * image.channels;
    if (size === (seen ? inputs : undefined))
      return { inputs, classes, ...(image !== undefined && { image }), ...parsed.data };
    refuse(['image'], seen ? `expected an image of ${inputs} values` : 'expected none');
    return z.NEVER;
  });

/** A network as documents and fingerprints hold it: without what was added and is as before. */
export function recordedNetwork({ inputs, classes, image, ...options }: Network) {
  return {
    inputs,
    classes,
    ...(image !== undefined && { image }),
    ...withoutAddedDefaults<NetworkOptions>(networkOptionsSchema, options),
  };
}

export const architectureOf = ({ architecture }: Network): Architecture<NetworkOptions> =>
  architectures[architecture] as Architecture<NetworkOptions>;

/** Every tensor of a model, in the order of the forward pass. */
export const tensorSpecs = (network: Network): TensorSpec[] =>
  architectureOf(network).tensors(network);

/**
 * Examples to infer at a time: enough to fill a machine. One layer's outputs for 1,000 images take
 * 100 MB, so that these go in smaller batches.
 */
export const inferenceBatch = ({ image }: Network): number => (image === undefined ? 1000 : 128);

export const sizeOf = ({ shape }: Pick<TensorSpec, 'shape'>): number =>
  shape.reduce((a, b) => a * b, 1);

/** Numbers that a network has learnt or could; running statistics are state, not parameters. */
export const parameterCount = (network: Network, layer?: string): number =>
  tensorSpecs(network)
    .filter((spec) => roles[spec.role].changedBy !== 'statistics')
    .filter((spec) => layer === undefined || spec.layer === layer)
    .reduce((sum, spec) => sum + sizeOf(spec), 0);
