import { withoutAddedDefaults } from '@atelier/settings';
import { z } from 'zod';
import { type Architecture, type Ends, roles, type TensorSpec } from './architecture.ts';
import { mlp, mlpOptions } from './mlp.ts';

/** Every kind of network, by the name that the setting `architecture` has for it. */
const architectures = { mlp };

/** The part of a network that a person chooses; the dataset gives the rest. */
export const networkOptionsSchema = z.discriminatedUnion('architecture', [mlpOptions], {
  error: `expected ${Object.keys(architectures).join(' or ')}`,
});

export type NetworkOptions = z.output<typeof networkOptionsSchema>;
export type Network = Ends & NetworkOptions;
export type Mlp = Ends & z.output<typeof mlpOptions>;
export { mlpOptions };

/** A whole network, as checkpoints record it. */
export const networkSchema = z
  .looseObject({ inputs: z.int().min(1), classes: z.int().min(2) })
  .transform(({ inputs, classes, ...options }, context): Network => {
    const parsed = networkOptionsSchema.safeParse(options);
    if (parsed.success) return { inputs, classes, ...parsed.data };
    for (const { path, message } of parsed.error.issues)
      context.addIssue({ code: 'custom', path, message, input: options });
    return z.NEVER;
  });

/** A network as documents and fingerprints hold it: without what was added and is as before. */
export function recordedNetwork({ inputs, classes, ...options }: Network) {
  return {
    inputs,
    classes,
    ...withoutAddedDefaults<NetworkOptions>(networkOptionsSchema, options),
  };
}

export const architectureOf = ({ architecture }: Network): Architecture<NetworkOptions> =>
  architectures[architecture];

/** Every tensor of a model, in the order of the forward pass. */
export const tensorSpecs = (network: Network): TensorSpec[] =>
  architectureOf(network).tensors(network);

export const sizeOf = ({ shape }: Pick<TensorSpec, 'shape'>): number =>
  shape.reduce((a, b) => a * b, 1);

/** Numbers that a network has learnt or could; running statistics are state, not parameters. */
export const parameterCount = (network: Network, layer?: string): number =>
  tensorSpecs(network)
    .filter((spec) => roles[spec.role].changedBy !== 'statistics')
    .filter((spec) => layer === undefined || spec.layer === layer)
    .reduce((sum, spec) => sum + sizeOf(spec), 0);
