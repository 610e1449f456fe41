import { blobKey, encodeDocument } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import type { Store } from '../run-store.ts';
import type { ModelOfRun } from './decision.ts';

/** In the folder of a run that somebody is about to make the champion. */
const putForwardFile = 'put-forward.json';

export const putForwardKey = (run: string): string => `runs/${run}/${putForwardFile}`;

/**
 * Says that a run is about to become the champion, so that nobody removes it for the next hour, and
 * makes sure that nobody just has: an entry of the log promises that the model which it names is there.
 * @throws UserError where it is gone
 */
export async function holdCandidate(
  store: Pick<Store, 'putRunFile' | 'holdObjects'>,
  { run, model }: ModelOfRun,
): Promise<void> {
  const content = encodeDocument({ schemaVersion: 1, at: new Date().toISOString() });
  await store.putRunFile(run, putForwardFile, content);
  const [gone] = await store.holdObjects([`runs/${run}/run.json`, blobKey(model)]);
  if (gone === undefined) return;
  throw new UserError({
    what: `Run ${run} cannot be the champion: what it needs is gone.`,
    where: gone,
    expected: 'a finished run with its model',
    found: 'no such object',
    remedy: '`npx atelier runs` lists the runs; a run with the same settings makes the model again',
  });
}
