import { join } from 'node:path';
import type { Fault } from './execute.ts';

export interface ChildRequest {
  seed: number;
  /** Targets whose names contain one of these; all where there are none. */
  only?: readonly string[] | undefined;
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

export interface ChildFinding extends Fault {
  target: string;
  /** How many inputs the target had before. */
  index: number;
  input: Uint8Array;
}

export type ChildMessage =
  | { finding: ChildFinding }
  /** @property blocks of code that were reached */
  | { counts: Record<string, number>; blocks: number };

/** Where the child says what it decodes, in case that is its end. */
export const currentFile = (scratch: string): string => join(scratch, 'current');
export const inputFile = (scratch: string): string => join(scratch, 'current-input');
