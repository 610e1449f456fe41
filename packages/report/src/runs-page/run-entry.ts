import type { SeedSpread } from '@atelier/evaluate/seed-spread';

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
  /** It trains a seed for another run, which shows it by its spread. */
  worksForAnother?: boolean;
  why?: string;
  /** Whether its model was put in use, and why. */
  verdict?: { outcome: string; sentence: string };
  validationAccuracy?: number;
  testAccuracy?: number;
  /** Of the test split, for the interval. */
  testExamples?: number;
  /** Test accuracy over the seeds of which it is the median one. */
  spread?: SeedSpread['testAccuracy'];
}

/** How a run stands or ended, in four kinds: `promoted` is finished, and its model put in use. */
export type Outcome = 'promoted' | 'good' | 'bad' | 'open';

export function outcomeOf({ status, verdict }: Pick<RunEntry, 'status' | 'verdict'>): Outcome {
  const isInUse = ['first', 'promoted'].includes(verdict?.outcome ?? '');
  if (status === 'finished') return isInUse ? 'promoted' : 'good';
  return status === 'running' || status === 'parked' ? 'open' : 'bad';
}
