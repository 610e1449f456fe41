import type { ModuleOptions } from '@atelier/model/network';
import { runChild } from '@atelier/subprocess';

export interface DescriptionRequest {
  /** Of the module's file, for people. */
  name: string;
  /** The module and what it imports, see `loadNetwork`. */
  source: string;
  /** As a person gave them. */
  options: Record<string, unknown>;
  image: { height: number; width: number; channels: number };
  classes: number;
}

/**
 * Looks at a network that a person wrote, in a child process: its options and tensors, and whether
 * its forward pass can be trained and gives logits, by tracing a step and computing one example.
 * @throws UserError that says what is wrong with the module and where
 */
export const describeNetwork = (request: DescriptionRequest): Promise<ModuleOptions> =>
  runChild<DescriptionRequest, never, ModuleOptions>({
    entry: new URL('./describe-network-child.ts', import.meta.url),
    name: 'The look at the network',
    input: request,
  });
