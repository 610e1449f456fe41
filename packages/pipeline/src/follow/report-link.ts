import { blobRefSchema, sha256 } from '@atelier/artifacts';
import { z } from 'zod';
import type { Store } from '../run-store.ts';

const page = 'report.html';

/** What is read of run.json. */
const recordSchema = z.looseObject({ files: z.looseObject({ [page]: blobRefSchema }) });

/** An address that opens a run's report, or why none is given out. */
export type ReportLink = { url: string; problem?: undefined } | { url: null; problem: string };

type Files = Pick<Store, 'readRunDocument' | 'getRunFile' | 'runFileUrl'>;

/** A link is given out to what the run made, by its digest, and to nothing that lies in its place. */
export async function reportLink(store: Files, runId: string): Promise<ReportLink> {
  const found = await store.readRunDocument(runId, 'run.json', recordSchema);
  if (found?.value === undefined) return { url: null, problem: 'the record of the run is gone' };
  const content = await store.getRunFile(runId, page);
  if (content === undefined) return { url: null, problem: 'it is gone' };
  if (sha256(content) !== found.value.files[page].sha256)
    return { url: null, problem: 'it is not the one that the run wrote' };
  return { url: await store.runFileUrl(runId, page) };
}
