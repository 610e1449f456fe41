/** One removal, as a process that can be killed: what it is told comes as JSON in its arguments. */
import { openObjects, type StoreSettings } from '@atelier/artifacts';
import { sweep } from '../../src/retention/sweep.ts';
import { openStoreOn } from '../../src/run-store.ts';
import { workerIdentity } from '../../src/worker/worker-identity.ts';

export interface PruneJob {
  store: StoreSettings;
  runs: string[];
  /** What was written before is old. */
  before: number;
}

const { store, runs, before } = JSON.parse(process.argv[2]!) as PruneJob;
await sweep(openStoreOn(openObjects(store)), {
  ...{ runs, by: workerIdentity(), grace: 0, asideFor: 0 },
  clock: () => before,
});
