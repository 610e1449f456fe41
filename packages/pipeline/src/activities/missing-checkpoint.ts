import type { BlobFault, BlobRef, Store } from '@atelier/artifacts';

/** Requests to the store at the same time. */
const atOnce = 16;

/** The first epoch whose checkpoint is gone or of another size; undefined where none is. */
export async function missingCheckpoint(
  store: Store,
  epochs: readonly { epoch: number; checkpoint: BlobRef }[],
): Promise<{ epoch: number; fault: BlobFault } | undefined> {
  for (let i = 0; i < epochs.length; i += atOnce) {
    const some = epochs.slice(i, i + atOnce);
    const faults = await Promise.all(some.map(({ checkpoint }) => store.inspectBlob(checkpoint)));
    const at = faults.findIndex((fault) => fault !== undefined);
    if (at >= 0) return { epoch: some[at]!.epoch, fault: faults[at]! };
  }
  return undefined;
}
