import { expectationOf } from '@atelier/settings';
import { ApplicationFailure, condition, log, setHandler } from '@temporalio/workflow';
import { z } from 'zod';
import { failureTypes, weighingType } from '../names.ts';
import type { Attention } from '../progress.ts';
import { type Answer, type Approval, answerSchema } from '../registry/approval.ts';
import { changesChampion } from '../registry/decision.ts';
import type { RunIdentity, StageInputs } from '../stages/index.ts';
import { promotePlan } from '../stages/promote/plan.ts';
import { approveUpdate, rejectUpdate } from './messages.ts';
import type { Night } from './night.ts';
import type { Parking } from './parking.ts';
import { weighing } from './stage-proxies.ts';

/**
 * What a person says to the model, where the gate waits for one and would put it in use; undefined
 * where nobody needs to be asked. A model is asked about once, however often its stage is tried.
 */
export type Ask = (input: StageInputs['promote']) => Promise<Approval | undefined>;

interface Around {
  run: RunIdentity;
  parking: Parking;
  night: Night | undefined;
  /** Has the record say that the run waits, and that it goes on. */
  note(attention: Attention | undefined): void;
}

/** @throws Error that says why it cannot be an answer */
function checkAnswer(given: unknown): void {
  const issue = z.safeParse(answerSchema, given).error?.issues[0];
  if (issue === undefined) return;
  const where = issue.path.map(String).join('.') || 'The answer';
  throw new Error(`${where}: expected ${expectationOf(issue).replace(/^expected /, '')}.`);
}

/** Asks a person before the gate puts a model in use, and waits for the answer as long as it may. */
export function createApprovals({ run, parking, night, note }: Around): Ask {
  const stage = promotePlan.name;
  const answers = new Map<string, Approval>();
  let waits = false;
  let given: Approval | undefined;

  const answer = (kind: 'approved' | 'rejected', what: string) => ({
    handler: ({ reason, by }: Answer): string => {
      given = { answer: kind, reason, ...(by !== undefined && { by }) };
      return what;
    },
    validator: (one: Answer): void => {
      if (!waits)
        throw ApplicationFailure.nonRetryable(
          'The run does not wait for approval: there is nothing to approve or reject.',
        );
      if (given !== undefined)
        throw ApplicationFailure.nonRetryable(`It is ${given.answer} already.`);
      checkAnswer(one);
    },
  });
  const payload = '{"reason": "<why>", "by": "<who>"}; who is optional';
  for (const [update, { handler, validator }, verb] of [
    [
      approveUpdate,
      answer(
        'approved',
        'Approved: the model is put in use, unless it is no longer better than what is.',
      ),
      'Put in use',
    ],
    [rejectUpdate, answer('rejected', 'Rejected: what is in use stays.'), 'Hold'],
  ] as const)
    setHandler(update, handler, {
      validator,
      description: `${verb} the model that waits for approval: ${payload}`,
    });

  async function ask(message: string, hours: number): Promise<Approval> {
    const attention = { stage, kind: failureTypes.approval, message };
    const answered = (): boolean => given !== undefined || night?.successor() !== undefined;
    [given, waits] = [undefined, true];
    log.info('Waits for approval', { stage, hours });
    note(attention);
    try {
      await parking.standBy(attention, async (aborted) => {
        await condition(() => answered() || aborted(), hours * 3_600_000);
      });
    } finally {
      waits = false;
    }
    note(undefined);
    const over = night?.successor() ? `when ${night.successor()} was due` : `after ${hours} h`;
    return given ?? { answer: 'none', reason: `nobody had approved it ${over}` };
  }

  return async (input) => {
    const { gate, select } = input;
    if (!gate.hold) return undefined;
    const { sha256 } = select.outputs.model;
    const known = answers.get(sha256);
    if (known !== undefined) return known;
    const settings = parking.settings(stage);
    const weighed = await weighing[weighingType]({ run, settings, ...input });
    if (!changesChampion(weighed)) return undefined;
    const approval = await ask(weighed.sentence, gate.holdHours);
    answers.set(sha256, approval);
    return approval;
  };
}
