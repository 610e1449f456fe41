/** Workflows and every activity but training. */
export const pipelineQueue = 'atelier';
/** Training alone, so that a machine with a GPU can serve nothing else. */
export const trainQueue = 'atelier-train';

export const workflowType = 'trainingPipeline';
/** The workflow that removes old runs. */
export const pruneType = 'pruneRuns';
/** The activity that says what the gate would decide. */
export const weighingType = 'weighCandidate';

/** Begins a workflow's id and never a run's own, so that either names the run. */
export const workflowPrefix = 'train-';
export const workflowIdOf = (runId: string): string => `${workflowPrefix}${runId}`;
export const runIdOf = (workflowId: string): string =>
  workflowId.startsWith(workflowPrefix) ? workflowId.slice(workflowPrefix.length) : workflowId;

/** Of a run's name: plain enough for addresses and paths. */
export const runIdForm = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** One of several runs that differ in the seed alone, tried for the first time or once more. */
export const seedRunName = (runId: string, seed: number, tries = 1): string =>
  `${runId}-seed${seed}${tries > 1 ? `-${tries}` : ''}`;

/** The types of failures that activities throw and the workflow acts on. */
export const failureTypes = {
  /** Only a person can mend it. */
  user: 'UserError',
  /** Trying again may help. */
  world: 'WorldError',
  /** An earlier stage's artifact is gone or damaged: that stage has to run again. */
  damaged: 'DamagedArtifact',
  /** The run id belongs to another run. */
  runExists: 'RunExists',
  /** The worker that did the work is going away. */
  shutdown: 'WorkerShutdown',
  /** The process that did the work is gone. */
  lost: 'WorkerLost',
  /** A person reset or paused the stage; named as the SDK does. */
  reset: 'ActivityReset',
  paused: 'ActivityPause',
  /** A dataset that is too different from the one that was accepted last. */
  contract: 'DataContract',
  aborted: 'Aborted',
  /** A night that was parked ended because its time was over. */
  gaveWay: 'GaveWay',
  /** A night that had not begun ended because another took its place. */
  skipped: 'Skipped',
  /** A night that another one waits for is not over. */
  nightGoesOn: 'NightGoesOn',
  /** No failure: what the gate would put in use waits for a person. */
  approval: 'Approval',
} as const;
