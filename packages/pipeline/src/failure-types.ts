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
  aborted: 'Aborted',
} as const;
