import { type BlobRef, fingerprint } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { type Predictions, predict } from '@atelier/evaluate';
import { judgeCandidate } from '@atelier/evaluate/gate';
import { type GateEvidence, gateEvidenceSchema } from '@atelier/evaluate/gate/schema';
import { networkOptionsSchema } from '@atelier/model/network';
import { withoutAddedDefaults } from '@atelier/settings';
import { recipeSchema } from '@atelier/train/recipe';
import { z } from 'zod';
import type { Decision, Verdict } from '../../registry/decision.ts';
import type { StageContext, StageDependencies } from '../../stage-activity/stage-activity.ts';
import { splitFiles } from '../data/stored-splits.ts';
import type { InputOf } from '../plan.ts';
import { changeOfData, fetchChampion, type Normalisation } from './champion-in-use.ts';
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
 * @throws UserError where the champion is gone or damaged
 */
export function weighing(
  means: Pick<StageDependencies, 'store' | 'files'>,
  input: PromoteInput,
  { signal, tell, log }: Pick<StageContext, 'signal' | 'tell' | 'log'>,
): (champion: Decision['champion'] | undefined, history: readonly Decision[]) => Promise<Weighed> {
  const { store, files } = means;
  const { data, select, settings, gate, dataset } = input;
  const { classes } = data.summary;
  const known = new Map<string, Promise<Predictions>>();

  const predictions = (model: BlobRef, normalisation: Normalisation): Promise<Predictions> => {
    const made =
      known.get(model.sha256) ??
      (async () => {
        const { path: splitPath, ...parts } = await splitFiles(files, gateSplit(input));
        return predict({
          modelPath: await files.path(model),
          ...{ splitPath, ...parts, normalisation },
          ...settings,
          signal,
          onOutput: (line) => log.info(`The prediction process printed: ${line}`),
        });
      })();
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
    const change = await changeOfData(store, input, champion);
    if (change !== undefined)
      return {
        outcome: 'held',
        sentence: `Held: the data is too different from that of run ${champion.run}, which is in use: ${change}.`,
      };
    const learnedWith = await fetchChampion(means, champion);
    tell({ doing: 'predicting the gate split with the candidate and with the champion' });
    const judged = judgeCandidate({
      candidate: await predictions(select.outputs.model, data.summary.normalisation),
      champion: await predictions(champion.model, learnedWith),
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
