import type { BlobRef } from '@atelier/artifacts';
import { parsePictureList } from '@atelier/data';
import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { UserError } from '@atelier/errors';
import type { RecordedRun } from '../provenance/run-signature.ts';
import { decoded } from '../recorded-artifacts.ts';
import type { Store } from '../run-store.ts';

/** Among a run's files. */
export const modelFile = 'model/model.safetensors';

/** A finished run's model. @throws UserError where it has none */
export function modelRef({ runId, files }: RecordedRun): BlobRef {
  const ref = files[modelFile];
  if (ref !== undefined) return ref;
  throw new UserError({
    what: `Run ${runId} has no model.`,
    expected: modelFile,
    found: Object.keys(files).join(', '),
    remedy: `\`npx atelier show ${runId}\` shows how it stands`,
  });
}

/** How the run's pictures were brought to the size of all: by cover, where they were no pictures. */
export async function fitOf(store: Store, { sources }: PreparedDataset) {
  const { list } = sources;
  if (list === undefined) return 'cover' as const;
  const bytes = await store.getBlob({ sha256: list.sha256, bytes: list.bytes });
  return decoded('the list of pictures', () => parsePictureList(bytes, 'the list of pictures')).made
    .fit;
}
