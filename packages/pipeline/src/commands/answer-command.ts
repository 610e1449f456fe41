import { runIdOf } from '../names.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { approveUpdate, rejectUpdate } from '../workflow/messages.ts';
import { checkReason } from './check-reason.ts';
import { decide } from './decide-command.ts';
import { findRunToChange } from './find-run.ts';
import { followToEnd } from './follow-command.ts';
import { personName } from './person-name.ts';
import { withSession } from './session.ts';

const updates = { approve: approveUpdate, reject: rejectUpdate };

/** Approves or rejects the model of a run whose gate waits for that, and follows the run to its end. */
export async function answer(
  verb: keyof typeof updates,
  run: string | undefined,
  { reason, json = false }: { reason: string; json?: boolean },
  console: Console,
): Promise<void> {
  await asUsage(() => checkReason(reason));
  await withSession(console, 'work', async (session) => {
    const handle = await findRunToChange(session, run, 'parked');
    const by = personName();
    const said = await decide(handle, () =>
      handle.executeUpdate(updates[verb], { args: [{ reason, ...(by && { by }) }] }),
    );
    console.line(`Run ${runIdOf(handle.workflowId)}: ${said}`);
    await followToEnd(session, handle, console, json);
  });
}
