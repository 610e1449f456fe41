import type { BlobRef } from '@atelier/artifacts';
import type { DatasetDescriptor } from '@atelier/data/descriptor';
import type { TestResult } from '@atelier/evaluate';
import type { NetworkOptions } from '@atelier/model/configuration';
import type { Recipe } from '@atelier/train/configuration';
import type { StageSettings } from './configuration/stage-settings.ts';

/** What the workflow and its activities say to each other. Refs and scalars only. */

export const stageNames = ['data', 'train', 'select', 'evaluate', 'report'] as const;
export type StageName = (typeof stageNames)[number];

/** Everything a run needs, resolved and checked before it starts. */
export interface RunConfig extends StageSettings {
  schemaVersion: 1;
  dataset: DatasetDescriptor;
  splitSeed: number;
  /** `nightly`: derived from the time that the schedule started the run for. */
  seed: number | 'nightly';
  network: NetworkOptions;
  recipe: Recipe;
  /** False where the Temporal service has no such attributes and would refuse them. */
  searchAttributes: boolean;
  /** Stages whose work is done although their records exist. */
  fresh?: StageName[];
  /** Where training goes on from, instead of from its beginning. */
  adopt?: Adoption;
}

/** A committed epoch of another run's training that this one continues from on purpose. */
export interface Adoption {
  /** The run as it was named; the same work through another run is still the same. */
  run: string;
  /** The fingerprint of that run's training. */
  training: string;
  epoch: number;
  checkpoint: BlobRef;
}

export interface RunIdentity {
  runId: string;
  workflowId: string;
  /** Temporal's id of this execution. */
  executionId: string;
  startedAt: string;
}

/** Whether a stage's work was already done, and how that is known. */
export interface CacheFinding {
  hit: boolean;
  why: string;
}

export interface StageOutcome<Summary = Record<string, unknown>> {
  fingerprint: string;
  cache: CacheFinding;
  outputs: Record<string, BlobRef>;
  summary: Summary;
  /** What the work took when it was done, which for a hit was in an earlier run. */
  seconds: number;
  /** The run that did the work, and when that was done. */
  madeBy: string;
  finishedAt: string;
}

export interface DataSummary {
  classes: string[];
  height: number;
  width: number;
  /** 1 where it is left out. */
  channels?: number;
  normalisation: { mean: number; std: number };
  counts: { train: number; validation: number; test: number };
}

export interface TrainSummary {
  epochs: number;
  /** Epochs that earlier attempts or runs had committed. */
  resumedAfter: number;
}

export interface SelectSummary {
  epoch: number;
  validationAccuracy: number;
  validationLoss: number;
}

export interface Outcomes {
  data: StageOutcome<DataSummary>;
  train: StageOutcome<TrainSummary>;
  select: StageOutcome<SelectSummary>;
  evaluate: StageOutcome<TestResult>;
  report: StageOutcome;
}

/** What every stage is told besides its inputs. */
export interface StageInput {
  run: RunIdentity;
  /** Do the work although its record exists. */
  fresh?: boolean;
  /** How the stage works: those settings that are for it. */
  settings: Partial<StageSettings>;
}

export interface DataInput extends StageInput {
  dataset: DatasetDescriptor;
  splitSeed: number;
}

export interface TrainInput extends StageInput {
  data: Outcomes['data'];
  network: NetworkOptions;
  recipe: Recipe;
  seed: number;
  adopt?: Adoption | undefined;
}

export interface SelectInput extends StageInput {
  data: Outcomes['data'];
  train: Outcomes['train'];
}

export interface EvaluateInput extends StageInput {
  data: Outcomes['data'];
  select: Outcomes['select'];
}

export interface ReportInput extends StageInput {
  /** The dataset's name. */
  dataset: string;
  network: NetworkOptions;
  recipe: Recipe;
  seed: number;
  outcomes: Omit<Outcomes, 'report'>;
}

export interface CloseInput {
  run: RunIdentity;
  config: RunConfig;
  seed: number;
  status: 'finished' | 'cancelled' | 'aborted';
  outcomes: Partial<Outcomes>;
}

/** The stages as the workflow calls them. */
export interface Activities {
  openRun(input: { run: RunIdentity; config: RunConfig; seed: number }): Promise<void>;
  prepareData(input: DataInput): Promise<Outcomes['data']>;
  train(input: TrainInput): Promise<Outcomes['train']>;
  select(input: SelectInput): Promise<Outcomes['select']>;
  evaluate(input: EvaluateInput): Promise<Outcomes['evaluate']>;
  report(input: ReportInput): Promise<Outcomes['report']>;
  closeRun(input: CloseInput): Promise<void>;
}

/** What a finished run is known by. */
export interface RunResult extends TestResult {
  runId: string;
  workflowId: string;
  bestEpoch: number;
  validationAccuracy: number;
  /** Of each stage's work, and how this run came by it. */
  stages: Record<StageName, { seconds: number; hit: boolean; why: string }>;
  /** Where the report lies in the bucket. */
  report: string;
}
