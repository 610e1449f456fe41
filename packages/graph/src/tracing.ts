import { currentRecorder, withCurrent } from './current.ts';
import { hookExecution, hookExp, hookVariables } from './hooks.ts';
import type { Recorder } from './recorder.ts';
import { hookAssignment, hookMathRandom, hookReads, hookScopes } from './refusing-hooks.ts';

/** Runs `fn` while `recorder` writes down every op that it makes. */
export function recordWith<T>(recorder: Recorder, fn: () => T): T {
  const uninstall = currentRecorder() === undefined ? install() : undefined;
  try {
    return withCurrent(recorder, fn);
  } finally {
    uninstall?.();
  }
}

/** Puts the hooks into tfjs for as long as something is traced; returns what takes them out. */
function install(): () => void {
  const uninstall = [
    hookExecution(),
    hookExp(),
    hookVariables(),
    hookReads(),
    hookScopes(),
    hookAssignment(),
    hookMathRandom(),
  ];
  return () => {
    for (const undo of uninstall) undo();
  };
}
