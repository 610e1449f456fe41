import type { RowKey } from './rows.ts';

/** What the compiled step is compared with. */
const others = {
  compiledVsPyTorchEager: 'pytorch',
  compiledVsTorchCompile: 'torchCompile',
  compiledVsJax: 'jax',
  compiledVsEager: 'eager',
  compiledVsFloor: 'floor',
} as const satisfies Record<string, RowKey>;

export type Ratios = Record<keyof typeof others, number | null>;

/**
 * Other / compiled: above 1 the compiled step is the faster one.
 * @param medians milliseconds per step of the rows that were measured
 */
export function ratiosOf(medians: Partial<Record<RowKey, number>>): Ratios {
  const ratio = (other: RowKey): number | null => {
    const [a, b] = [medians[other], medians.compiled];
    return a === undefined || b === undefined ? null : a / b;
  };
  return Object.fromEntries(
    Object.entries(others).map(([name, other]) => [name, ratio(other)]),
  ) as Ratios;
}
