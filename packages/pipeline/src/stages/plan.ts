import { type BlobRef, blobRefSchema, digestSchema } from '@atelier/artifacts/blob-ref';
import type { Json } from '@atelier/artifacts/fingerprint';
import type { StageSchemas } from '@atelier/artifacts/stage-records';
import { z } from 'zod';
import { stageSettingsSchema } from '../configuration/stage-settings.ts';
import type { RunConfig } from '../run-configuration.ts';

/** The run that a stage works for. */
const runIdentitySchema = z.object({
  runId: z.string(),
  workflowId: z.string(),
  /** Temporal's id of this execution. */
  executionId: z.string(),
  startedAt: z.string(),
});

export type RunIdentity = z.output<typeof runIdentitySchema>;

/** What every stage is told besides its own inputs. */
export const stageInputShape = {
  run: runIdentitySchema,
  /** Do the work although its record exists. */
  fresh: z.boolean().optional(),
  /** How the stage works: those settings that are for it. */
  settings: stageSettingsSchema.partial(),
};

export type StageInput = z.output<z.ZodObject<typeof stageInputShape>>;

/** Whether a stage's work was already done, and how that is known. */
const cacheFindingSchema = z.object({ hit: z.boolean(), why: z.string().max(2_000) });

export type CacheFinding = z.output<typeof cacheFindingSchema>;

const outcomeShape = {
  fingerprint: digestSchema,
  cache: cacheFindingSchema,
  /** What the work took when it was done, which for a hit was in an earlier run. */
  seconds: z.number().min(0),
  /** The run that did the work, and when that was done. */
  madeBy: z.string().max(1_000),
  finishedAt: z.iso.datetime(),
};

type Outcome = z.output<z.ZodObject<typeof outcomeShape>>;

/** What a stage hands to the stages after it: refs and a few numbers. */
export interface StageOutcome<Outputs = Record<string, BlobRef>, Summary = unknown>
  extends Outcome {
  outputs: Outputs;
  summary: Summary;
}

/** A number that a finished run is known by. */
export interface ResultPlan<Summary> {
  /** Beside the number, where people read it. */
  label: string;
  format: 'count' | 'percent' | 'number';
  /** Undefined where it says nothing about this run. */
  of: (summary: Summary) => number | undefined;
  /** Shown at the end of a run. */
  atEnd?: boolean;
  /**
   * The head of its column where runs are listed and where seeds are compared. Runs can then be
   * searched by it: Temporal keeps few such attributes, so that few results have a column.
   */
  column?: string;
}

/** Values that canonical JSON is made of; what is undefined is left out. */
export type Dependencies = Record<string, Json | undefined>;

/** Any stage's plan, as far as all of them are used alike. */
export interface StagePlan {
  name: string;
  /** The activity's type; recorded in histories, so it stays. */
  activity: string;
  /** Part of the fingerprint. Whoever changes what the stage computes raises it. */
  version: number;
  /** What the Temporal UI says that the stage does. */
  title: string;
  /** Where it runs; the pipeline's queue unless given. */
  taskQueue?: string;
  timeout: `${number}${'m' | 'h' | 'd'}`;
  /** Changes to the retries of every stage, see `stageProxies`. */
  retry?: { maximumAttempts?: number; maximumInterval?: `${number}s` };
  /**
   * The patch that brought the stage in, where runs may go on that began without it: these do
   * without it to their end.
   */
  since?: string;
  /** Whether a run has this stage, where not every run has it. */
  isWanted?: (config: RunConfig) => boolean;
  /** What it is told; parsed once, at the activity's boundary. */
  input: z.ZodType<StageInput>;
  outcome: z.ZodType<StageOutcome>;
  /** By which the store reads its records. */
  record: StageSchemas;
  /**
   * Everything that the results depend on: what the fingerprint is made of. A field that bears the
   * name of a field of `input` is of its schema, which says what is left out, see `dependenciesOf`.
   */
  dependsOn: (input: never) => Dependencies;
  /** The outputs that `fetch` brings, by the name that they get. */
  files: { readonly [name: string]: string };
  /** The files that also lie under `runs/<run>/`, where people look for them. */
  published?: readonly string[];
  /** What a finished run is known by. */
  results: Record<string, ResultPlan<never>>;
  /** The epoch whose model the run goes on with, where this stage decides that. */
  best?: (summary: never) => { epoch: number; validationAccuracy: number };
  /** What this stage decides about the run's model. */
  verdict?: (summary: never) => StageVerdict;
}

/** What was decided about a run's model, in a word and in a sentence with the numbers. */
export interface StageVerdict {
  outcome: string;
  sentence: string;
}

const optionalRef = blobRefSchema.exactOptional();

interface StageSettings<
  Name extends string,
  Input extends z.ZodRawShape,
  Output extends string,
  Optional extends string,
  Summary extends z.ZodType<object>,
  ResultName extends string,
> extends Omit<StagePlan, 'input' | 'outcome' | 'record' | 'results' | 'dependsOn'> {
  name: Name;
  /** What the stage is told besides what every stage is. */
  input: Input;
  dependsOn: (
    input: Omit<z.output<z.ZodObject<typeof stageInputShape & NoInfer<Input>>>, 'run'>,
  ) => Dependencies;
  /** The artifacts that it makes. */
  outputs: readonly Output[];
  /** Those that only some of its works make. */
  optionalOutputs?: readonly Optional[];
  /** Whether an artifact may have parts, as many as it takes, which are outputs as well, see `output-parts.ts`. */
  hasParts?: boolean;
  /** A few numbers for people, the workflow and later stages. */
  summary: Summary;
  files: { readonly [name: string]: NoInfer<Output | Optional> };
  results?: Record<ResultName, ResultPlan<z.output<NoInfer<Summary>>>>;
  best?: (summary: z.output<NoInfer<Summary>>) => { epoch: number; validationAccuracy: number };
  verdict?: (summary: z.output<NoInfer<Summary>>) => StageVerdict;
}

/** All that is said of a stage but how it works, which is its activity's. */
export function planStage<
  const Name extends string,
  Input extends z.ZodRawShape,
  const Output extends string,
  Summary extends z.ZodType<object>,
  const ResultName extends string = never,
  const Since extends string | undefined = undefined,
  const Optional extends string = never,
>(
  settings: StageSettings<Name, Input, Output, Optional, Summary, ResultName> & {
    since?: Since;
  },
) {
  const { name, input, summary, results } = settings;
  const refs = Object.fromEntries([
    ...settings.outputs.map((output) => [output, blobRefSchema]),
    ...(settings.optionalOutputs ?? []).map((output) => [output, optionalRef]),
  ]);
  const outputs = z.object(
    refs as Record<Output, typeof blobRefSchema> & Record<Optional, typeof optionalRef>,
  );
  const withParts = (of: typeof outputs) =>
    (settings.hasParts ? of.catchall(blobRefSchema) : of) as typeof outputs;
  return {
    ...settings,
    results: (results ?? {}) as Record<ResultName, ResultPlan<z.output<Summary>>>,
    input: z.object({ ...stageInputShape, ...input }),
    outcome: z.object({ ...outcomeShape, outputs: withParts(outputs), summary }),
    record: { name, outputs: withParts(z.strictObject(outputs.shape)), summary },
  };
}

export type InputOf<Plan extends Pick<StagePlan, 'input'>> = z.output<Plan['input']>;
export type OutcomeOf<Plan extends { outcome: z.ZodType }> = z.output<Plan['outcome']>;
