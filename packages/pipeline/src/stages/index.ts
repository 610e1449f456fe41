import type { BlobRef } from '@atelier/artifacts/blob-ref';
import { dataPlan } from './data/plan.ts';
import { evaluatePlan } from './evaluate/plan.ts';
import type {
  CacheFinding,
  InputOf,
  OutcomeOf,
  RunIdentity,
  StageInput,
  StageOutcome,
  StagePlan,
} from './plan.ts';
import { reportPlan } from './report/plan.ts';
import { selectPlan } from './select/plan.ts';
import { trainPlan } from './train/plan.ts';

export type { RunIdentity, StageOutcome, StagePlan } from './plan.ts';

/**
 * The stages in the order of a run. Types, names, proxies, files, results and rows follow from this
 * list; the worker finds a stage's activity beside its plan, in a folder of the stage's name.
 */
const plans = [dataPlan, trainPlan, selectPlan, evaluatePlan, reportPlan] as const;

type Plans = (typeof plans)[number];
export type StageName = Plans['name'];
type PlanOf<Name extends StageName> = Extract<Plans, { name: Name }>;

export const stageNames: readonly StageName[] = plans.map(({ name }) => name);
/** The same as what all plans have in common. */
export const stagePlans: readonly StagePlan[] = plans;

export const planOf = (name: string): StagePlan | undefined =>
  stagePlans.find((plan) => plan.name === name);

export type Outcomes = { [Name in StageName]: OutcomeOf<PlanOf<Name>> };
/** What the workflow gives a stage; the rest is the same for all of them. */
export type StageInputs = {
  [Name in StageName]: Omit<InputOf<PlanOf<Name>>, keyof StageInput>;
};

/** A stage's outcome, if the run has that stage: see `since`. */
export type MaybeOutcome<Name extends StageName> =
  | Outcomes[Name]
  | ([NonNullable<PlanOf<Name>['since']>] extends [never] ? never : undefined);

type Results<Plan> = Plan extends { results: infer R } ? { [Key in keyof R]?: number } : never;
export type ResultName = { [Name in StageName]: keyof Results<PlanOf<Name>> }[StageName];

type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (
  value: infer I,
) => void
  ? I
  : never;

/** What a finished run is known by; a run of another version may know more or less. */
export type RunResult = Intersection<Results<Plans>> & {
  runId: string;
  workflowId: string;
  /** Each of its stages' work, and how this run came by it. */
  stages: Record<string, { seconds: number } & CacheFinding>;
  /** Where the report lies in the bucket. */
  report: string;
};

export function resultOf(
  { runId, workflowId }: RunIdentity,
  outcomes: Partial<Outcomes>,
): RunResult {
  const stages: RunResult['stages'] = {};
  for (const name of stageNames) {
    const outcome: StageOutcome | undefined = outcomes[name];
    if (outcome !== undefined) stages[name] = { seconds: outcome.seconds, ...outcome.cache };
  }
  const report = `runs/${runId}/report.html`;
  return { runId, workflowId, ...numbersOfRun(outcomes), stages, report } as RunResult;
}

/** The numbers that a run is known by, of the stages that are done. */
export const numbersOfRun = (outcomes: Partial<Outcomes>): Record<string, number> =>
  Object.assign(
    {},
    ...stagePlans.map((plan) => {
      const outcome: StageOutcome | undefined = outcomes[plan.name as StageName];
      return outcome === undefined ? {} : numbersOf(plan, outcome.summary);
    }),
  );

/** What a stage's summary makes a run known by. What is no number is left out, whoever made it one. */
export function numbersOf(
  { results }: Pick<StagePlan, 'results'>,
  summary: unknown,
): Record<string, number> {
  const entries = Object.entries(results).map(([key, { of }]) => [
    key,
    of((summary ?? {}) as never),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}

/**
 * The files that make up a run for people, and the blobs they are: the newest stage's first.
 * `fetch` brings them all.
 */
export function filesOf(outcomes: Partial<Outcomes>): Record<string, BlobRef> {
  return Object.fromEntries(
    stagePlans.toReversed().flatMap(({ name, files }) => {
      const outputs: StageOutcome['outputs'] = outcomes[name as StageName]?.outputs ?? {};
      return Object.entries(files).flatMap(([file, output]) =>
        outputs[output] === undefined ? [] : [[file, outputs[output]] as const],
      );
    }),
  );
}
