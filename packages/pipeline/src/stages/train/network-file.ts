import { type BlobRef, DamagedBlob } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import type { BlobFiles } from '../../stage-activity/blob-files.ts';

/**
 * The text of a network that a person wrote, as it was stored when the run was started.
 * @throws UserError where it is gone from the store: no stage makes it again
 */
export async function networkFile(
  files: Pick<BlobFiles, 'path'>,
  { name, module }: { name: string; module: BlobRef },
): Promise<string> {
  try {
    return await files.path(module);
  } catch (error) {
    if (!(error instanceof DamagedBlob)) throw error;
    const { fault, failure } = error;
    throw new UserError(
      {
        ...failure,
        what: `The text of the network ${name} is ${fault} in the store, and no stage makes it again.`,
        remedy: `store it again by starting any run with --network and the same ${name}, unchanged with all that it imports, or bring the object back from a copy of the store; then retry`,
      },
      { cause: error },
    );
  }
}
