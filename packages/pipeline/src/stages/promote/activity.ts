import { DamagedBlob, encodeDocument } from '@atelier/artifacts';
import { isUserError } from '@atelier/errors';
import { withVerdict } from '@atelier/report';
import { bounded, oneLine, printable } from '@atelier/text';
import { answered } from '../../registry/approval.ts';
import { changesChampion, type Decision, type Verdict } from '../../registry/decision.ts';
import { decide, defaultName, type Registry } from '../../registry/decision-log.ts';
import { makeKnown } from '../../registry/publish-champion.ts';
import type { StageWorker } from '../../stage-activity/stage-activity.ts';
import { throughCache } from '../../stage-cache/stage-cache.ts';
import { promotePlan as plan } from './plan.ts';
import { evidenceOf, weighing } from './weigh-candidate.ts';
import { ownDecision, signed, wholeHistory } from './weigh-now.ts';

/** Characters of a reason in the log. */
const longestReason = 1_000;
type Outcome = Pick<Decision, 'outcome' | 'reason'> & Partial<Decision>;

const byGate: Verdict['decidedBy'] = { kind: 'gate' };

export const activity: StageWorker<typeof plan> = (means) => async (input, context) => {
  const { store, demandsSignature } = means;
  const { run, dataset, execution, gate, data, select, report, approval } = input;
  const registry: Registry = { dataset, name: defaultName };
  const candidate = { run: run.runId, model: select.outputs.model };
  const weigh = weighing(means, input, context);

  async function judge(last: Decision | undefined): Promise<Verdict | { settled: Outcome }> {
    const history = await wholeHistory(store, registry);
    const own = ownDecision(history, execution);
    // The run has decided before: an attempt died after it.
    if (own !== undefined) return { settled: own };
    const found = signed(await weigh(last?.champion, history), demandsSignature);
    const waits = gate.hold && changesChampion(found);
    const { decidedBy, ...weighed } = waits
      ? answered(found, approval)
      : { ...found, decidedBy: byGate };
    // A log begins with a model that is put in use: there is none to say otherwise in.
    if (last === undefined && !changesChampion(weighed))
      return { settled: { outcome: weighed.outcome, reason: weighed.sentence } };
    return {
      ...{ outcome: weighed.outcome, candidate, evidence: evidenceOf(input, weighed) },
      rule: gate.rule,
      reason: printable(bounded(oneLine(weighed.sentence), longestReason)),
      decidedBy,
    };
  }

  const made = [data, select, report].flatMap(({ outputs }) => Object.values(outputs));

  /** The decision stands whatever has become of what others have made, and nothing here mends that. */
  async function publish({ champion }: Outcome): Promise<void> {
    try {
      await makeKnown(store, registry);
    } catch (error) {
      const isDamaged = error instanceof DamagedBlob;
      const isOwn = isDamaged
        ? made.some((ref) => ref?.sha256 === error.ref.sha256)
        : champion?.run === run.runId;
      if (isOwn || !(isDamaged || isUserError(error))) throw error;
      const notice = `The decision stands, but the files of the ${registry.name} cannot be written where services read them: ${error.failure.what} \`npx atelier verify\` names what is damaged.`;
      context.tell({ notices: [notice] });
    }
  }

  return throughCache(store, {
    plan,
    input,
    context,
    // What was decided stands in the log, whatever has become of it since.
    async check() {},
    async work() {
      const decision: Outcome = await decide(store, registry, judge);
      if (decision.number !== undefined) await publish(decision);
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
