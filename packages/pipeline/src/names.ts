import { testMetricList } from '@atelier/evaluate/test-metrics';
import { defineSearchAttributeKey } from '@temporalio/common';

/** Workflows and every activity but training. */
export const pipelineQueue = 'atelier';
/** Training alone, so that a machine with a GPU can serve nothing else. */
export const trainQueue = 'atelier-train';

export const workflowType = 'trainingPipeline';

/** Of workflows' ids; a run's own id never begins with it, so that either names the run. */
export const workflowPrefix = 'train-';
export const workflowIdOf = (runId: string): string => `${workflowPrefix}${runId}`;
export const runIdOf = (workflowId: string): string =>
  workflowId.startsWith(workflowPrefix) ? workflowId.slice(workflowPrefix.length) : workflowId;

/** The metrics of the test split that lists of runs have a column for, each with its attribute. */
export const listedMetrics = testMetricList.flatMap(({ key, column, format }) => {
  const name = `Atelier${key[0]!.toUpperCase()}${key.slice(1)}`;
  return column === undefined
    ? []
    : [{ key, column, format, attribute: defineSearchAttributeKey(name, 'DOUBLE') }];
});

/** What runs can be searched and sorted by in Temporal. */
export const searchAttributes = {
  dataset: defineSearchAttributeKey('AtelierDataset', 'KEYWORD'),
  stage: defineSearchAttributeKey('AtelierStage', 'KEYWORD'),
  validationAccuracy: defineSearchAttributeKey('AtelierValidationAccuracy', 'DOUBLE'),
  /** `<stage>: <kind of error>` while a run waits for a person. */
  attention: defineSearchAttributeKey('AtelierAttention', 'KEYWORD'),
  ...Object.fromEntries(listedMetrics.map(({ key, attribute }) => [key, attribute])),
};
