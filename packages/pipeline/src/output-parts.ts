import type { BlobRef } from '@atelier/artifacts/blob-ref';

/** The name of an artifact's part as an output, counted from 0: "train-0001". */
export const partName = (output: string, part: number): string =>
  `${output}-${String(part + 1).padStart(4, '0')}`;

/** The parts among a stage's outputs, of these artifacts in their order. */
export const partsAmong = (
  outputs: Readonly<Record<string, BlobRef>>,
  artifacts: readonly string[],
): BlobRef[] =>
  artifacts.flatMap((artifact) => {
    const isPart = new RegExp(`^${artifact}-\\d{4,}$`);
    // Of equal beginnings the shorter number is the lower one.
    const names = Object.keys(outputs).filter((name) => isPart.test(name));
    return names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).map((n) => outputs[n]!);
  });
