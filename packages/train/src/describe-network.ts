import { UserError } from '@atelier/errors';
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

/** Far more than a large network takes on a slow machine. */
const usualSeconds = 600;

/**
 * Looks at a network that a person wrote, in a child process: its options and tensors, and whether
 * its forward pass can be trained and gives logits, by tracing a step and computing one example.
 * @throws UserError that says what is wrong with the module and where, or that it does not end
 */
export async function describeNetwork(
  request: DescriptionRequest,
  seconds = usualSeconds,
): Promise<ModuleOptions> {
  const signal = AbortSignal.timeout(1000 * seconds);
  try {
    return await runChild<DescriptionRequest, never, ModuleOptions>({
      entry: new URL('./describe-network-child.ts', import.meta.url),
      name: 'The look at the network',
      input: request,
      signal,
      // A loop hears of nothing.
      graceMilliseconds: 0,
    });
  } catch (error) {
    if (error !== signal.reason) throw error;
    throw new UserError({
      what: "The network's module does not come to an end.",
      where: request.name,
      expected: `its tensors and two traces within ${seconds} seconds`,
      found: 'it still goes on',
      remedy: 'look for a loop that does not end',
      mendedBy: [],
    });
  }
}
