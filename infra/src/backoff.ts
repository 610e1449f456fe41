const FIRST_MS = 200;
const LONGEST_MS = 15_000;

/** How long a service must have been healthy for its earlier deaths to be forgotten. */
export const HEALTHY_AFTER_MS = 30_000;

/** The pause before restart number `failures` (1-based) in a row: doubling from 0.2 s up to 15 s. */
export const restartDelayMs = (failures: number): number =>
  Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
