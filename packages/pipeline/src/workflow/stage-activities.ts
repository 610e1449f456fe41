import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../contract.ts';
import { trainQueue } from '../names.ts';

// A user's failure is thrown as non-retryable. Eight attempts outlast a service that is away for a
// minute and a half; then the stage parks.
const retry = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 8,
} as const;

// A worker that dies on a machine that lives is noticed by its successor, at once. This is for lost
// machines and networks, and so long that no overloaded machine is taken for a lost one.
const heartbeatTimeout = '30s';

/** Writes of a few kilobytes. */
export const records = proxyActivities<Pick<Activities, 'openRun' | 'closeRun'>>({
  startToCloseTimeout: '1m',
  retry,
});

/**
 * One activity a stage.
 * @param inOrder see `cancelsInOrder`
 */
export function stageActivities(inOrder: boolean) {
  // A cancelled run is over when nothing commits for it any more.
  const cancellationType = inOrder ? 'WAIT_CANCELLATION_COMPLETED' : 'TRY_CANCEL';
  const interruptible = { heartbeatTimeout, cancellationType } as const;

  /** Downloads over whatever line there is. It tries its mirrors several times in every attempt. */
  const data = proxyActivities<Pick<Activities, 'prepareData'>>({
    ...interruptible,
    startToCloseTimeout: '6h',
    retry: { ...retry, maximumAttempts: 6 },
    summary: 'Download, verify and split the dataset',
  });

  /**
   * Days, if it must. A run of attempts that commits no epoch exhausts them, see the pipeline.
   */
  const train = proxyActivities<Pick<Activities, 'train'>>({
    ...interruptible,
    taskQueue: trainQueue,
    startToCloseTimeout: '30d',
    retry: { ...retry, maximumInterval: '10s', maximumAttempts: 8 },
    summary: 'Train, committing every epoch',
  });

  const select = proxyActivities<Pick<Activities, 'select'>>({
    ...interruptible,
    startToCloseTimeout: '10m',
    retry,
    summary: 'Choose the best checkpoint by validation accuracy',
  });

  const evaluate = proxyActivities<Pick<Activities, 'evaluate'>>({
    ...interruptible,
    startToCloseTimeout: '30m',
    retry,
    summary: 'Measure the chosen model on the test split',
  });

  const report = proxyActivities<Pick<Activities, 'report'>>({
    ...interruptible,
    startToCloseTimeout: '10m',
    retry,
    summary: 'Write the report and the model card',
  });

  return { data, train, select, evaluate, report };
}
