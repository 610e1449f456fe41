import { join } from 'node:path';
import { diceOf } from './dice.ts';
import type { Fault } from './execute.ts';
import { mutate } from './mutate.ts';
import type { Target } from './targets.ts';

export interface ChildRequest {
  seed: number;
  /** Inputs that each target has had already, by its name. */
  counts: Record<string, number>;
  /** Inputs that ended an earlier child: `name/index`. */
  skip: string[];
  /** How many inputs each target gets in all; without, until `deadline` (ms since 1970). */
  executions?: number | undefined;
  deadline?: number | undefined;
  /** Where files are written that a decoder reads, and what is being decoded. */
  scratch: string;
}

export type ChildMessage =
  | { counts: Record<string, number> }
  | { finding: Fault & { target: string; index: number } };

/** Where the child says what it decodes, in case that is its end. */
export const currentFile = (scratch: string): string => join(scratch, 'current');

/** The first inputs of a target are its seeds as they are; each further one is made of one of them. */
export function inputOf(target: Target, seed: number, index: number): Uint8Array {
  const { seeds } = target;
  if (index < seeds.length) return seeds[index]!;
  const dice = diceOf(seed, target.site, index);
  return mutate(dice.pick(seeds), seeds, dice);
}
