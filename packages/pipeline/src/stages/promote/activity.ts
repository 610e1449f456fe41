import { encodeDocument } from '@atelier/artifacts';
import { withVerdict } from '@atelier/report';
import { bounded, oneLine, printable } from '@atelier/text';
import { changesChampion, type Decision, type Verdict } from '../../registry/decision.ts';
import {
  decide,
  defaultName,
  type Registry,
  readDecision,
  readHistory,
} from '../../registry/decision-log.ts';
import { makeKnown } from '../../registry/publish-champion.ts';
import type { Store } from '../../run-store.ts';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import { promotePlan as plan } from './plan.ts';
import { evidenceOf, executionOf, type Weighed, weighing } from './weigh-candidate.ts';

/** Decisions of a registry that are looked through: those of some years of nights. */
const looked = 1_000;
/** Characters of a reason in the log. */
const longestReason = 1_000;

export const activity: StageWorker<typeof plan> = (means) => async (input, context) => {
  const { store, demandsSignature } = means;
  const { run, dataset, execution, gate, select, report } = input;
  const registry: Registry = { dataset, name: defaultName };
  const candidate = { run: run.runId, model: select.outputs.model };
  const weigh = weighing(means, input, context);

  async function judge(last: Decision | undefined): Promise<Verdict> {
    const history = await wholeHistory(store, registry);
    const own = history.find((decision) => executionOf(decision) === execution);
    if (own !== undefined) throw new Decided(own);
    const weighed = signed(await weigh(last?.champion, history), demandsSignature);
    // A log begins with a model that is put in use.
    if (last === undefined && !changesChampion(weighed)) throw new Undecided(weighed);
    return {
      ...{ outcome: weighed.outcome, candidate, evidence: evidenceOf(input, weighed) },
      rule: gate.rule,
      reason: printable(bounded(oneLine(weighed.sentence), longestReason)),
      decidedBy: { kind: 'gate' },
    };
  }

  return throughCache(store, {
    plan,
    input,
    context,
    // What was decided stands in the log, whatever has become of it since.
    async check() {},
    async work() {
      const decision = await once(() => decide(store, registry, judge));
      if (decision.number !== undefined) await makeKnown(store, registry);
      const { outcome, reason: sentence, number } = decision;
      const page = withVerdict((await store.getBlob(report.outputs.html)).toString(), sentence);
      return {
        outputs: {
          promotion: await store.putBlob(encodeDocument(decision), 'application/json'),
          page: await store.putBlob(Buffer.from(page), 'text/html; charset=utf-8'),
        },
        summary: { outcome, sentence, ...(number !== undefined && { number }) },
      };
    },
  });
};

/** Where the owner of a key has to have signed what is put in use, no gate can do so. */
function signed(weighed: Weighed, demandsSignature: boolean): Weighed {
  if (!demandsSignature || !changesChampion(weighed)) return weighed;
  const sentence = `Held: it lacks the signature that ATELIER_VERIFY_KEY demands; \`sign\` it, then \`promote\` it. ${weighed.sentence}`;
  return { ...weighed, outcome: 'held', sentence };
}

/** The run has decided before: an attempt died after it. */
class Decided extends Error {
  readonly decision: Decision;

  constructor(decision: Decision) {
    super(`Decision ${decision.number} is the run's own.`);
    this.decision = decision;
  }
}

/** Nothing is put in use, and there is no log to say so in. */
class Undecided extends Error {
  readonly weighed: Weighed;

  constructor(weighed: Weighed) {
    super(weighed.sentence);
    this.weighed = weighed;
  }
}

type Outcome = Pick<Decision, 'outcome' | 'reason'> & Partial<Decision>;

async function once(deciding: () => Promise<Decision>): Promise<Outcome> {
  try {
    return await deciding();
  } catch (error) {
    if (error instanceof Decided) return error.decision;
    if (!(error instanceof Undecided)) throw error;
    const { outcome, sentence: reason } = error.weighed;
    return { outcome, reason };
  }
}

/** @throws UserError for a decision that cannot be read: what it decided is not known */
async function wholeHistory(store: Store, registry: Registry): Promise<Decision[]> {
  const told = await readHistory(store, registry, looked);
  const decisions = told.map(async (one) =>
    'problem' in one ? readDecision(store, registry, one.number) : one,
  );
  return (await Promise.all(decisions)).filter((one) => one !== undefined);
}
