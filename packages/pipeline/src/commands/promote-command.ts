import { blobKey } from '@atelier/artifacts';
import { isExplained, UserError } from '@atelier/errors';
import { runRecordIn } from '../record/read-run-record.ts';
import {
  type Decision,
  type ModelOfRun,
  outcomeOfPromotion,
  type Verdict,
} from '../registry/decision.ts';
import {
  decide,
  defaultName,
  type Registry,
  readDecision,
  readHistory,
} from '../registry/decision-log.ts';
import { checkName, findRegistry, noChampion } from '../registry/find-champion.ts';
import { makeKnown } from '../registry/publish-champion.ts';
import type { Store } from '../run-store.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { checkReason } from './check-reason.ts';
import { requiredRun, signedIfDemanded } from './finished-run.ts';
import { otherClasses } from './other-classes.ts';
import { personName } from './person-name.ts';
import { modelFile } from './run-model.ts';
import { withStore } from './services.ts';

interface DecidingOptions {
  name?: string;
  reason: string;
  json?: boolean;
}

export interface RollbackOptions extends DecidingOptions {
  dataset?: string;
  /** The number of a decision. */
  to?: number;
}

/** Makes a finished run's model the one that is in use. */
export async function promote(
  run: string | undefined,
  { name: given = defaultName, reason, json = false }: DecidingOptions,
  console: Console,
): Promise<void> {
  const named = await requiredRun(run, 'the run to promote');
  const name = await asUsage(() => checkName(given, '--name'));
  await asUsage(() => checkReason(reason));
  await withStore(
    console,
    async (store) => {
      const { candidate, dataset } = await candidateOf(store, named);
      const registry = { dataset, name };
      const judge = (last: Decision | undefined): Verdict => ({
        ...{ outcome: outcomeOfPromotion(last, candidate), candidate, reason },
        decidedBy: decidedByPerson(),
      });
      await tell(store, registry, await decide(store, registry, judge), json, console);
    },
    'writer',
  );
}

/** Puts a model in use again that was in use before. */
export async function rollback(
  { name: given = defaultName, dataset, to, reason, json = false }: RollbackOptions,
  console: Console,
): Promise<void> {
  const name = await asUsage(() => checkName(given, '--name'));
  await asUsage(() => checkReason(reason));
  await withStore(
    console,
    async (store) => {
      const registry = await findRegistry(store, name, dataset);
      if (registry === undefined) throw noChampion(name, dataset);
      const judge = async (last: Decision | undefined): Promise<Verdict> => {
        if (last === undefined) throw noChampion(name, registry.dataset);
        const candidate = await targetOf(store, registry, last, to);
        await signedIfDemanded(store, candidate.run);
        return { outcome: 'rolled back', candidate, reason, decidedBy: decidedByPerson() };
      };
      await tell(store, registry, await decide(store, registry, judge), json, console);
    },
    'writer',
  );
}

function decidedByPerson(): Verdict['decidedBy'] {
  const name = personName();
  return { kind: 'person', ...(name && { name }) };
}

/** @throws UserError for a run that is not finished, has no model, or lacks a demanded signature */
async function candidateOf(
  store: Store,
  named: string,
): Promise<{ candidate: ModelOfRun; dataset: string }> {
  const recorded = await signedIfDemanded(store, named);
  const { runId: run } = recorded;
  const { status, files, configuration } = runRecordIn(store, recorded);
  const model = files[modelFile];
  if (status !== 'finished' || model === undefined)
    throw new UserError({
      what: `Run ${run} cannot be the champion.`,
      expected: 'a finished run with a model',
      found: status === 'finished' ? `no ${modelFile}` : `the run is ${status}`,
      remedy: `\`npx atelier show ${run}\` shows how it stands`,
    });
  return { candidate: { run, model }, dataset: configuration.dataset.name };
}

/** Decisions that are named to whoever asked for one that cannot be. */
const mostNamed = 5;

/** The model to go back to. @throws UserError where there is none, it was removed or is in use */
async function targetOf(
  store: Store,
  registry: Registry,
  last: Decision,
  to: number | undefined,
): Promise<ModelOfRun> {
  const refuse = async (found: string): Promise<UserError> =>
    new UserError({
      what: `The ${registry.name} of ${registry.dataset} stays run ${last.champion.run}.`,
      where: to === undefined ? 'what was in use before' : `--to ${to}`,
      expected: `a decision whose model is there and not in use${await left(store, registry, last)}`,
      found,
      remedy: '`npx atelier history` shows all decisions',
    });
  const target =
    to === undefined ? last.previous : (await readDecision(store, registry, to))?.champion;
  if (!target) throw await refuse(to === undefined ? 'nothing' : 'no such decision');
  if (target.run === last.champion.run) throw await refuse(`run ${target.run}, which is in use`);
  if (await isThere(store, target)) return target;
  throw await refuse(`run ${target.run}, which was removed`);
}

/** Which decisions one can go back to, the newest of each run. */
async function left(store: Store, registry: Registry, last: Decision): Promise<string> {
  const seen = new Set([last.champion.run]);
  const numbers: string[] = [];
  for (const told of await readHistory(store, registry, 1_000)) {
    if ('problem' in told || seen.has(told.champion.run)) continue;
    seen.add(told.champion.run);
    if (!(await isThere(store, told.champion))) continue;
    numbers.push(`${told.number} (run ${told.champion.run})`);
    if (numbers.length === mostNamed) break;
  }
  return numbers.length === 0 ? '; there is none' : `: ${numbers.join(', ')}`;
}

const isThere = async (store: Store, { run, model }: ModelOfRun): Promise<boolean> =>
  (await store.holdObjects([`runs/${run}/run.json`, blobKey(model)])).length === 0;

async function tell(
  store: Store,
  registry: Registry,
  decision: Decision,
  json: boolean,
  console: Console,
): Promise<void> {
  try {
    await makeKnown(store, registry);
  } catch (error) {
    if (!isExplained(error)) throw error;
    console.warn(
      `! The decision stands, but services do not see it yet: ${error.message}\nThe next decision, or the worker within an hour, makes up for it.`,
    );
  }
  const { champion, number, outcome } = decision;
  const before = decision.before?.run === champion.run ? undefined : decision.before?.run;
  const others = before && (await otherClasses(store, before, champion.run));
  if (others) console.warn(`! ${others}`);
  if (json) return console.result(JSON.stringify(decision));
  const what = `the ${registry.name} of ${registry.dataset}`;
  console.line(
    outcome === 'unchanged'
      ? `Run ${champion.run} stays ${what}: the model is the same (decision ${number}).`
      : `Run ${champion.run} is ${what} (decision ${number}).`,
  );
  if (before)
    console.line(`Before, it was run ${before}; \`npx atelier rollback --reason "…"\` goes back.`);
}
