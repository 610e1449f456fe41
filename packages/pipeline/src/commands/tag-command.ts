import { UserError } from '@atelier/errors';
import { checkRunId } from '../configuration/run-id.ts';
import { addNote } from '../record/notes.ts';
import { moveTag } from '../record/tags.ts';
import { meansChampion } from '../registry/find-champion.ts';
import type { Store } from '../run-store.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { namedRun, runMeant } from './finished-run.ts';
import { personName } from './person-name.ts';
import { withStore } from './services.ts';

/** Gives a run a name that people know it by, which may move to another run later. */
export async function tag(run: string, name: string, console: Console): Promise<void> {
  const named = await namedRun(run, 'the run');
  await asUsage(() => checkRunId(name, 'the tag'));
  await withStore(
    console,
    async (store) => {
      const runId = await recordedRun(store, named);
      if (meansChampion(name))
        throw new UserError({
          what: `${name} is not given to a run by hand: it means what is in use.`,
          where: 'the tag',
          remedy: '`npx atelier promote RUN --reason "…"` makes a run the champion',
        });
      if (await store.hasRunFile(name, 'run.json'))
        throw new UserError({
          what: `There is a run ${name} already.`,
          where: 'the tag',
          expected: 'a name that no run has',
          found: name,
        });
      const before = await moveTag(store, name, runId);
      // From here on nobody removes it; somebody may just have done so.
      const [gone] = await store.holdObjects([`runs/${runId}/run.json`]);
      if (gone !== undefined)
        throw new UserError({ what: `Run ${runId} was removed meanwhile.`, where: gone });
      const moved = before !== undefined && before !== runId ? `; run ${before} had it` : '';
      console.line(`Run ${runId} has the tag ${name}${moved}.`);
    },
    'writer',
  );
}

export async function untag(name: string, console: Console): Promise<void> {
  await asUsage(() => checkRunId(name, 'the tag'));
  await withStore(
    console,
    async (store) => {
      const before = await moveTag(store, name, null);
      if (before !== undefined) return console.line(`Run ${before} no longer has the tag ${name}.`);
      throw new UserError({
        what: `No run has the tag ${name}.`,
        remedy: '`npx atelier show RUN` shows the tags of a run',
      });
    },
    'writer',
  );
}

/** Adds what a person has to say about a run to its record. */
export async function note(run: string, text: string, console: Console): Promise<void> {
  const named = await namedRun(run, 'the run');
  await withStore(
    console,
    async (store) => {
      const runId = await recordedRun(store, named);
      const by = personName();
      const at = new Date().toISOString();
      await asUsage(() => addNote(store, runId, { at, ...(by && { by }), text }));
      console.line(`Noted about run ${runId}.`);
    },
    'writer',
  );
}

/** @throws UserError where there is no such run */
async function recordedRun(store: Store, named: string | undefined): Promise<string> {
  const runId = await runMeant(store, named);
  if (await store.hasRunFile(runId, 'run.json')) return runId;
  throw new UserError({
    what: `There is no run ${runId}, and no run has this tag.`,
    remedy: '`npx atelier runs` lists the runs',
  });
}
