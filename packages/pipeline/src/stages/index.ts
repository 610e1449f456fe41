import type { BlobRef } from '@atelier/artifacts/blob-ref';
import { partNames } from '../output-parts.ts';
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
  StageVerdict,
} from './plan.ts';
import { promotePlan } from './promote/plan.ts';
import { reportPlan } from './report/plan.ts';
import { selectPlan } from './select/plan.ts';
import { trainPlan } from './train/plan.ts';

export type { RunIdentity, StageOutcome, StagePlan, StageVerdict } from './plan.ts';

/**
 * The stages in the order of a run. Types, names, proxies, files, results and rows follow from this
 * list; the worker finds a stage's activity beside its plan, in a folder of the stage's name.
 */
const plans = [dataPlan, trainPlan, selectPlan, evaluatePlan, reportPlan, promotePlan] as const;

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
  /** What was decided about its model, where that was asked. */
  verdict?: StageVerdict;
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
  const verdict = verdictOfRun(outcomes);
  const report = `runs/${runId}/report.html`;
  return {
    ...{ runId, workflowId, ...numbersOfRun(outcomes), stages },
    ...(verdict && { verdict }),
    report,
  } as RunResult;
}

/** What was decided about a run's model; undefined where nothing was. */
export function verdictOfRun(
  outcomes: Readonly<Record<string, object | undefined>>,
): StageVerdict | undefined {
  const [verdict] = stagePlans.flatMap((plan) => {
    const { summary } = (outcomes[plan.name] ?? {}) as { summary?: unknown };
    return verdictOf(plan, summary) ?? [];
  });
  return verdict;
}

/** What a stage's summary says about the run's model, whoever wrote it. */
export const verdictOf = (
  { verdict, record }: Pick<StagePlan, 'verdict' | 'record'>,
  summary: unknown,
): StageVerdict | undefined => {
  const { data } = record.summary.safeParse(summary);
  return data === undefined ? undefined : verdict?.(data as never);
};

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
 * The files that make up a run for people, and the blobs they are: the newest stage's first, which
 * may take the place of an earlier stage's; an artifact's parts beside it. `fetch` brings them all.
 */
export function filesOf(outcomes: Partial<Outcomes>): Record<string, BlobRef> {
  const found: Record<string, BlobRef> = {};
  for (const { name, files } of stagePlans.toReversed()) {
    const outputs: StageOutcome['outputs'] = outcomes[name as StageName]?.outputs ?? {};
    for (const [file, output] of Object.entries(files)) {
      if (outputs[output] === undefined || file in found) continue;
      found[file] = outputs[output];
      for (const part of partNames(outputs, output))
        found[file.replace(/(?=\.\w+$)/, part.slice(output.length))] = outputs[part]!;
    }
  }
  return found;
}
