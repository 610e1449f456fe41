interface Described {
  /** As Prometheus has it: base units, `_total` for what is counted. */
  name: string;
  help: string;
  labels: readonly string[];
}

/** Only ever grows. */
interface CounterMetric extends Described {
  type: 'counter';
}

interface GaugeMetric extends Described {
  type: 'gauge';
  /** It is not told of before it is set; of others without labels, 0 is. */
  unknownAtFirst?: true;
}

interface HistogramMetric extends Described {
  type: 'histogram';
  /** Upper bounds, in the metric's unit. */
  buckets: readonly number[];
}

export type Metric = CounterMetric | GaugeMetric | HistogramMetric;

/**
 * Every metric of a worker. This is the one list of them: what is registered, docs/operations.md,
 * dashboard and alert rules are held to it. No label takes a run's name: a label has as many values
 * as there are stages, kinds of calls, datasets or schedules.
 */
export const metricTable = {
  trainingSteps: {
    type: 'counter',
    name: 'atelier_training_steps_total',
    help: 'Optimizer steps that this worker has trained.',
    labels: ['dataset'],
  },
  epochSeconds: {
    type: 'histogram',
    name: 'atelier_training_epoch_seconds',
    help: 'Wall time of an epoch, training and validation.',
    labels: ['dataset'],
    buckets: [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600],
  },
  loss: {
    type: 'gauge',
    name: 'atelier_training_loss',
    help: 'Mean loss, in nats, of the epoch that this worker trained last.',
    labels: ['dataset', 'split'],
  },
  trainings: {
    type: 'gauge',
    name: 'atelier_trainings',
    help: 'Trainer processes that this worker runs.',
    labels: [],
  },
  queuedEpochs: {
    type: 'gauge',
    name: 'atelier_commit_queue_epochs',
    help: 'Trained epochs of this worker that the store has not taken yet.',
    labels: [],
  },
  queueCapacity: {
    type: 'gauge',
    name: 'atelier_commit_queue_capacity_epochs',
    help: 'Epochs that may wait for the store before the trainings of this worker do.',
    labels: [],
  },
  stages: {
    type: 'counter',
    name: 'atelier_stages_total',
    help: 'Stages that this worker finished, by whether their work was done already (hit).',
    labels: ['stage', 'cache'],
  },
  stageFailures: {
    type: 'counter',
    name: 'atelier_stage_failures_total',
    help: "Attempts at stages that failed on this worker; the user's kind is not tried again.",
    labels: ['stage', 'kind'],
  },
  storeSeconds: {
    type: 'histogram',
    name: 'atelier_store_request_seconds',
    help: 'Time that the object storage took for a call of this worker, by how it ended.',
    labels: ['operation', 'outcome'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  runs: {
    type: 'gauge',
    name: 'atelier_runs',
    help: 'Runs on record, by status.',
    labels: ['status'],
  },
  lastFinishedNight: {
    type: 'gauge',
    name: 'atelier_last_finished_night_timestamp_seconds',
    help: 'When the last night of a schedule that is not paused was finished, in seconds since 1970.',
    labels: ['schedule'],
  },
  scheduleCreated: {
    type: 'gauge',
    name: 'atelier_schedule_created_timestamp_seconds',
    help: 'When a schedule that is not paused was created, in seconds since 1970.',
    labels: ['schedule'],
  },
  storedBytes: {
    type: 'gauge',
    name: 'atelier_stored_bytes',
    help: 'Bytes in the bucket, by folder.',
    labels: ['folder'],
  },
  storedObjects: {
    type: 'gauge',
    name: 'atelier_stored_objects',
    help: 'Objects in the bucket, by folder.',
    labels: ['folder'],
  },
  indexRead: {
    type: 'gauge',
    name: 'atelier_index_read_timestamp_seconds',
    help: 'When runs by status were last read from the store, in seconds since 1970; 0: not yet.',
    labels: [],
    unknownAtFirst: true,
  },
  diskFree: {
    type: 'gauge',
    name: 'atelier_disk_free_bytes',
    help: 'Bytes free on a disk that runs write to: of the local store, or of scratch files.',
    labels: ['folder'],
  },
  diskLow: {
    type: 'gauge',
    name: 'atelier_disk_low_bytes',
    help: 'Bytes that should stay free (ATELIER_DISK_LOW).',
    labels: [],
    unknownAtFirst: true,
  },
} as const satisfies Record<string, Metric>;

/** Every metric of a service that answers for a model; docs/serving.md is held to it. */
export const serviceMetricTable = {
  requests: {
    type: 'counter',
    name: 'atelier_serve_requests_total',
    help: 'Requests that were answered, by route and by the status of the answer.',
    labels: ['route', 'status'],
  },
  requestSeconds: {
    type: 'histogram',
    name: 'atelier_serve_request_seconds',
    help: 'Time from the head of a request for probabilities to the end of its answer.',
    labels: [],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  images: {
    type: 'counter',
    name: 'atelier_serve_images_total',
    help: 'Images that the model was given.',
    labels: [],
  },
  batches: {
    type: 'counter',
    name: 'atelier_serve_batches_total',
    help: 'Batches that it was given them in.',
    labels: [],
  },
  modelChanges: {
    type: 'counter',
    name: 'atelier_serve_model_changes_total',
    help: 'Times that another model began to answer, the first one included.',
    labels: [],
  },
  championRead: {
    type: 'gauge',
    name: 'atelier_serve_champion_read_timestamp_seconds',
    help: 'When it was last read which model is in use, in seconds since 1970.',
    labels: [],
    unknownAtFirst: true,
  },
} as const satisfies Table;

export type Table = Record<string, Metric>;
export type WorkerTable = typeof metricTable;
export type ServiceTable = typeof serviceMetricTable;
/** The keys of metrics of a type. */
export type KeyOf<Type extends Metric['type'], T extends Table = WorkerTable> = {
  [Key in keyof T]: T[Key]['type'] extends Type ? Key : never;
}[keyof T];
/** A value for each label of a metric. */
export type LabelsOf<Key extends keyof T, T extends Table = WorkerTable> = Record<
  T[Key]['labels'][number],
  string
>;
