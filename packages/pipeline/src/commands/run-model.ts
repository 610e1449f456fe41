import type { BlobRef } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import type { RecordedRun } from '../provenance/run-signature.ts';

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
