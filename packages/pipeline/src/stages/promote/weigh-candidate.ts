import { type BlobRef, DamagedBlob, fingerprint } from '@atelier/artifacts';
import { compareDatasets, datasetFacts } from '@atelier/data/compare-datasets';
import { normalisationSchema } from '@atelier/data/prepared-dataset';
import { UserError } from '@atelier/errors';
import { type Predictions, predict } from '@atelier/evaluate';
import { judgeCandidate } from '@atelier/evaluate/gate';
import { type GateEvidence, gateEvidenceSchema } from '@atelier/evaluate/gate/schema';
import { networkOptionsSchema } from '@atelier/model/network';
import { withoutAddedDefaults } from '@atelier/settings';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import { readRunRecord } from '../../record/read-run-record.ts';
import { readHeader } from '../../recorded-artifacts.ts';
import type { Decision, Verdict } from '../../registry/decision.ts';
import type { Store } from '../../run-store.ts';
import { isAccepted } from '../../source/accepted-dataset.ts';
import type { StageContext, StageDependencies } from '../../stage-activity/stage-activity.ts';
import { readManifest } from '../data/check-record.ts';
import type { InputOf } from '../plan.ts';
import type { promotePlan } from './plan.ts';

export type PromoteInput = InputOf<typeof promotePlan>;

/** What the gate makes of a candidate. */
export interface Weighed {
  outcome: Verdict['outcome'];
  sentence: string;
  /** Of a candidate that was measured against the champion. */
  look?: GateEvidence;
}

/** What a gate's decision holds as its evidence. */
const evidenceSchema = z.object({
  /** Of the run that decided. */
  execution: z.string(),
  /** The settings of its training without the seed. */
  recipe: z.string(),
  look: gateEvidenceSchema.optional(),
});

/** Settings that differ in the seed alone make candidates of one recipe. */
const recipeOf = ({ network, recipe, adopt }: PromoteInput): string =>
  fingerprint({
    network: withoutAddedDefaults(networkOptionsSchema, network),
    recipe: withoutAddedDefaults(recipeSchema, recipe),
    ...(adopt && { adopted: { training: adopt.training, epoch: adopt.epoch } }),
  });

export const evidenceOf = (
  input: PromoteInput,
  { look }: Weighed,
): NonNullable<Verdict['evidence']> => {
  const evidence: z.output<typeof evidenceSchema> = {
    ...{ execution: input.execution, recipe: recipeOf(input) },
    ...(look && { look }),
  };
  return JSON.parse(JSON.stringify(evidence));
};

/** The execution of the run whose gate made a decision; undefined of a person's. */
export const executionOf = ({ evidence }: Decision): string | undefined =>
  evidenceSchema.safeParse(evidence).data?.execution;

/**
 * Weighs a candidate against whatever is in use, as often as that is another: each model says once
 * what the images of the gate split are.
 * @param history all decisions about what is in use
 * @throws UserError where the champion's model is gone or damaged
 */
export function weighing(
  { store, files }: Pick<StageDependencies, 'store' | 'files'>,
  input: PromoteInput,
  { signal, tell, log }: Pick<StageContext, 'signal' | 'tell' | 'log'>,
): (champion: Decision['champion'] | undefined, history: readonly Decision[]) => Promise<Weighed> {
  const { data, select, settings, gate, dataset } = input;
  const { classes } = data.summary;
  const known = new Map<string, Promise<Predictions>>();

  const predictions = (model: BlobRef, normalisation: Normalisation): Promise<Predictions> => {
    const made =
      known.get(model.sha256) ??
      (async () =>
        predict({
          modelPath: await files.path(model),
          splitPath: await files.path(gateSplit(input)),
          normalisation,
          ...settings,
          signal,
          onOutput: (line) => log.info(`The prediction process printed: ${line}`),
        }))();
    known.set(model.sha256, made);
    return made;
  };

  return async (champion, history) => {
    if (champion === undefined)
      return { outcome: 'first', sentence: `First: no model of ${dataset} was in use.` };
    if (champion.model.sha256 === select.outputs.model.sha256)
      return {
        outcome: 'unchanged',
        sentence: `Unchanged: the model is, bit for bit, that of run ${champion.run}, which is in use.`,
      };
    const change = await changeOfData(store, input, champion.run);
    if (change !== undefined)
      return {
        outcome: 'held',
        sentence: `Held: the data is too different from that of run ${champion.run}, which is in use: ${change}.`,
      };
    tell({ doing: 'predicting the gate split with the candidate and with the champion' });
    const judged = judgeCandidate({
      candidate: await predictions(select.outputs.model, data.summary.normalisation),
      champion: await ofChampion(store, champion, (own) => predictions(champion.model, own)),
      classes,
      looks: looksAt(champion.model, recipeOf(input), history),
      rule: gate.rule,
    });
    return { outcome: judged.outcome, sentence: judged.sentence, look: judged.evidence };
  };
}

/** Earlier looks at this champion by candidates of this recipe, the oldest first. */
function looksAt(
  { sha256 }: BlobRef,
  recipe: string,
  history: readonly Decision[],
): GateEvidence[] {
  return history
    .filter(({ before }) => before?.model.sha256 === sha256)
    .sort((a, b) => a.number - b.number)
    .flatMap(({ evidence }) => {
      const { data } = evidenceSchema.safeParse(evidence);
      return data?.recipe === recipe && data.look ? [data.look] : [];
    });
}

function gateSplit({ data }: PromoteInput): BlobRef {
  const { gate } = data.outputs;
  if (gate !== undefined) return gate;
  throw new UserError({
    what: 'There are no images to decide on.',
    where: 'gateCount',
    expected: 'a number of validation images that are held back',
    found: 'none',
  });
}

/**
 * How the data differs from the champion's beyond what is allowed; undefined where it does not, or
 * where it was accepted.
 */
async function changeOfData(
  store: Store,
  { data, dataset, contract }: PromoteInput,
  championRun: string,
): Promise<string | undefined> {
  const { stages } = await readRunRecord(store, championRun);
  const ref = stages.data?.outputs.manifest;
  if (ref === undefined) return 'what that was is not on record';
  const own = await readManifest(store, data.outputs.manifest);
  const facts = [datasetFacts(await readManifest(store, ref)), datasetFacts(own)] as const;
  const violated = compareDatasets(...facts, contract).filter((change) => change.violated);
  const isOfOtherKind = violated.some(({ what }) => what === 'the kind of data');
  if (violated.length === 0) return undefined;
  if (!isOfOtherKind && (await isAccepted(store, dataset, own))) return undefined;
  return violated.map(({ what, found }) => `${what}: ${found}`).join('; ');
}

type Normalisation = z.output<typeof normalisationSchema>;

/** What the champion says, on pixels that are normalised as it learned them. */
async function ofChampion(
  store: Store,
  { run, model }: Decision['champion'],
  say: (normalisation: Normalisation) => Promise<Predictions>,
): Promise<Predictions> {
  try {
    const own = await readHeader(store, model, "the champion's model", ({ metadata }) =>
      normalisationSchema.parse(JSON.parse(metadata.normalisation ?? 'null')),
    );
    return await say(own);
  } catch (error) {
    if (!(error instanceof DamagedBlob) || error.ref.sha256 !== model.sha256) throw error;
    // Nothing that this run could do again makes it whole.
    throw new UserError({
      what: `The model that is in use, of run ${run}, cannot be read.`,
      where: `blob ${model.sha256}`,
      found: error.message,
      remedy: '`npx atelier rollback` puts the one before it in use, `promote` another; then retry',
    });
  }
}
