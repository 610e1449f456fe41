/** A run as the page of runs shows it. */
export interface RunEntry {
  run: string;
  /** `finished`, `parked`, `failed`, … */
  status: string;
  /** ISO 8601 */
  startedAt: string;
  finishedAt?: string;
  dataset: string;
  seed?: number;
  epochs?: number;
  /** `schedule nightly`, `person ada` */
  startedBy?: string;
  why?: string;
  validationAccuracy?: number;
  testAccuracy?: number;
  /** Of the test split, for the interval. */
  testExamples?: number;
}

/** How a run stands or ended, in three kinds. */
export type Outcome = 'good' | 'bad' | 'open';

export function outcomeOf({ status }: Pick<RunEntry, 'status'>): Outcome {
  if (status === 'finished') return 'good';
  return status === 'running' || status === 'parked' ? 'open' : 'bad';
}
