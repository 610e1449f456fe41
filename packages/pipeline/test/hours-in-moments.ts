import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

const hour = 3_600_000;

/** For a test's workflows: a timer of hours takes a twentieth of a second for each. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      startTimer(input, next) {
        const { durationMs } = input;
        return next({ ...input, durationMs: durationMs < hour ? durationMs : durationMs / 72_000 });
      },
    },
  ],
});
