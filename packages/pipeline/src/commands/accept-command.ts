import { UserError } from '@atelier/errors';
import { readRunRecord } from '../record/read-run-record.ts';
import { runNamed } from '../record/tags.ts';
import { acceptAnyhow } from '../source/accepted-dataset.ts';
import type { Console } from '../terminal/console.ts';
import { requiredRun } from './finished-run.ts';
import { withStore } from './services.ts';

/** Accepts the data that a run has found at its source, although it is beyond the contract. */
export async function accept(named: string | undefined, console: Console): Promise<void> {
  const run = await requiredRun(named, 'the run whose data is right');
  await withStore(
    console,
    async (store) => {
      const { runId, source, stages } = await readRunRecord(store, await runNamed(store, run));
      const manifest = stages.data?.outputs.manifest;
      if (source === undefined || manifest === undefined)
        throw new UserError({
          what: `Run ${runId} has no data to accept.`,
          expected: 'a run whose dataset has followed files, and whose data stage is done',
          found: source ? 'a data stage that is not done' : 'a dataset whose files are all fixed',
        });
      const { sha256, bytes } = manifest;
      const prepared = { run: runId, name: source.dataset, manifest: { sha256, bytes } };
      const change = await acceptAnyhow(store, prepared);
      console.line(`Dataset ${source.dataset} is accepted as run ${runId} found it.`);
      if (change !== undefined) console.line(change);
      console.line('Later runs are compared with it; `npx atelier start` does this one again.');
    },
    'writer',
  );
}
