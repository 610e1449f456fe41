/** How long a download waits and how often it tries again. */
export interface Patience {
  /** A connection that brings nothing for so long is given up, in milliseconds. */
  stallMs: number;
  /** Rounds through the mirrors, in a row, that bring nothing new before giving up. */
  rounds: number;
  /** The pause before the second round, in milliseconds; it doubles with every further one. */
  pauseMs: number;
}

export const patience: Patience = { stallMs: 20_000, rounds: 4, pauseMs: 1_000 };
