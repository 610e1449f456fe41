import type { Weighing } from '../../registry/approval.ts';
import { changesChampion, type Decision } from '../../registry/decision.ts';
import {
  defaultName,
  newestDecision,
  type Registry,
  readHistory,
  unreadableDecision,
} from '../../registry/decision-log.ts';
import type { Store } from '../../run-store.ts';
import type { StageContext, StageDependencies } from '../../stage-activity/stage-activity.ts';
import { executionOf, type PromoteInput, type Weighed, weighing } from './weigh-candidate.ts';

/** Decisions of a registry that are looked through: those of some years of nights. */
const looked = 1_000;

/**
 * Weighs a candidate against what is in use now, and decides nothing. A run that has decided already
 * (its workflow was reset) puts nothing in use any more, whatever it decided.
 */
export const weighNow =
  (means: StageDependencies) =>
  async (input: PromoteInput, context: Omit<StageContext, 'code'>): Promise<Weighing> => {
    const registry: Registry = { dataset: input.dataset, name: defaultName };
    const last = await newestDecision(means.store, registry);
    const history = await wholeHistory(means.store, registry);
    const own = ownDecision(history, input.execution);
    if (own !== undefined) return { outcome: 'unchanged', sentence: own.reason };
    const weighed = await weighing(means, input, context)(last?.champion, history);
    const { outcome, sentence } = signed(weighed, means.demandsSignature);
    return { outcome, sentence };
  };

/** Where the owner of a key has to have signed what is put in use, no gate can do so. */
export function signed(weighed: Weighed, demandsSignature: boolean): Weighed {
  if (!demandsSignature || !changesChampion(weighed)) return weighed;
  const sentence = `Held: it lacks the signature that ATELIER_VERIFY_KEY demands; \`sign\` it, then \`promote\` it. ${weighed.sentence}`;
  return { ...weighed, outcome: 'held', sentence };
}

/** What a run has decided; it decides once. */
export const ownDecision = (
  history: readonly Decision[],
  execution: string,
): Decision | undefined => history.find((decision) => executionOf(decision) === execution);

/**
 * The decisions that a gate looks through, the newest first.
 * @throws UserError for one that is gone or cannot be read: what it decided is not known
 */
export async function wholeHistory(store: Store, registry: Registry): Promise<Decision[]> {
  const told = await readHistory(store, registry, looked);
  return told.map((one) => {
    if ('problem' in one) throw unreadableDecision(store, registry, one);
    return one;
  });
}
