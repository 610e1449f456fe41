/** Whether XLA compiles a program, and why. */
export interface Choice {
  jit: boolean;
  /**
   * `asked`: by `jit: true` or `false`. With 'auto': `open` before it was measured, `unknown to XLA`, `measured`,
   * or `fails without XLA`, as an integer division by zero does.
   */
  because: 'asked' | 'open' | 'unknown to XLA' | 'measured' | 'fails without XLA';
  /** The shortest of the calls that were measured, in milliseconds, where any were. */
  milliseconds?: { xla: number; without: number };
}

/** What calls took, in milliseconds, as many with XLA as without, in turn. */
export interface Times {
  xla: readonly number[];
  without: readonly number[];
}

/** Calls of each that are measured at most. */
const mostRounds = 5;
/** A stall of a few milliseconds must not decide: short calls are repeated, long ones are not. */
const enough = { milliseconds: 100, atMost: 1000 };
/** What runs without XLA must be faster by this factor, so that about equal programs do not go now one way, now the other. */
const margin = 1.1;

/** Whether XLA is to run the program, as far as it was measured; undefined: measure once more. */
export function decide({ xla, without }: Times): boolean | undefined {
  if (xla.length === 0) return undefined;
  const [withXla, alone] = [Math.min(...xla), Math.min(...without)];
  const spent = [...xla, ...without].reduce((sum, time) => sum + time, 0);
  const isClear = withXla > 2 * alone || alone > 2 * withXla;
  const isOver = xla.length >= mostRounds || spent > enough.atMost;
  if (!isOver && !(isClear && (spent > enough.milliseconds || xla.length > 2))) return undefined;
  return withXla <= margin * alone;
}
