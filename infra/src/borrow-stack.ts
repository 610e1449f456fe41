import { isRunning, recordProcess, withLock } from '@atelier/processes';
import { ensureStack } from './ensure-stack.ts';
import type { StackOptions } from './plan-stack.ts';
import { lockPath, readPlan, writePlan } from './stack-file.ts';
import type { StackState } from './stack-state.ts';
import { stopLocked } from './stop-stack.ts';

export interface BorrowedStack {
  state: StackState;
  /** True where the stack was stopped before and will be again. */
  temporary: boolean;
  /**
   * Stops the stack if it was started for borrowers alone and this was the last of them. A borrower
   * that is killed is missed by the supervisor, which then ends the stack.
   */
  giveBack(): Promise<void>;
}

/**
 * The services without a worker, for a command that only reads: a stack that runs is used as it is,
 * one that is stopped runs for as long as its borrowers need it.
 */
export async function borrowStack({
  environment,
  log,
  searchAttributes,
  identity,
}: Pick<StackOptions, 'environment' | 'log' | 'searchAttributes'> &
  Required<Pick<StackOptions, 'identity'>>): Promise<BorrowedStack> {
  const { home } = environment;
  const borrower = recordProcess(process.pid);
  const state = await ensureStack({
    ...{ environment, log, searchAttributes, worker: false, identity },
    ...(borrower && { borrower }),
  });
  if (state.supervisorPid === undefined)
    return { state, temporary: false, giveBack: async () => {} };
  const giveBack = (): Promise<void> =>
    withLock(lockPath(home), async () => {
      const plan = await readPlan(home);
      if (plan?.borrowers === undefined) return;
      const others = plan.borrowers.filter((one) => one.pid !== process.pid && isRunning(one));
      if (others.length > 0) await writePlan(home, { ...plan, borrowers: others });
      else await stopLocked(home, log);
    });
  const temporary = (await readPlan(home))?.borrowers !== undefined;
  return { state, temporary, giveBack };
}
