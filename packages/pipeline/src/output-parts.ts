import type { BlobRef } from '@atelier/artifacts/blob-ref';

/** The name of an artifact's part as an output, counted from 0: "train-0001". */
export const partName = (output: string, part: number): string =>
  `${output}-${String(part + 1).padStart(4, '0')}`;

/** The parts among a stage's outputs, of these artifacts in their order. */
export const partsAmong = (
  outputs: Readonly<Record<string, BlobRef>>,
  artifacts: readonly string[],
): BlobRef[] =>
  artifacts.flatMap((artifact) => partNames(outputs, artifact).map((name) => outputs[name]!));

/** The names among a stage's outputs of the parts of an artifact, in their order. */
export function partNames(outputs: Readonly<Record<string, BlobRef>>, artifact: string): string[] {
  const isPart = new RegExp(`^${artifact}-\\d{4,}$`);
  // Of equal beginnings the shorter number is the lower one.
  return Object.keys(outputs)
    .filter((name) => isPart.test(name))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}
