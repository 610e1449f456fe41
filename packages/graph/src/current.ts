import type { Recorder } from './recorder.ts';

let current: Recorder | undefined;

/** The recorder of the function that is being traced now, if one is. */
export const currentRecorder = (): Recorder | undefined => current;

/** Runs `fn` while `recorder` is the current one; undefined: while nothing is recorded. */
export function withCurrent<T>(recorder: Recorder | undefined, fn: () => T): T {
  const outer = current;
  current = recorder;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** Runs `fn` without recording what it does. */
export const unrecorded = <T>(fn: () => T): T => withCurrent(undefined, fn);
