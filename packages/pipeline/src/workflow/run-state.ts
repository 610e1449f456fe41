import type { SearchAttributeUpdatePair } from '@temporalio/common';
import { setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import {
  type Attention,
  type EpochLine,
  type Progress,
  progressReportSchema,
  type StageProgress,
} from '../progress.ts';
import type { RunConfig } from '../run-configuration.ts';
import { isIndexable, resultAttribute, searchable } from '../searchable.ts';
import {
  numbersOf,
  type Outcomes,
  planOf,
  type RunIdentity,
  type RunResult,
  resultOf,
  type StageOutcome,
  type StagePlan,
  verdictOf,
} from '../stages/index.ts';
import { describeRun } from './current-details.ts';
import { progressQuery, reportProgress, resultQuery } from './messages.ts';

/** Followers that come late see this many epochs; the store has all. */
const keptEpochs = 1000;
const keptNotices = 20;
/** Characters of a notice and of what a stage is doing. */
const longestText = 2_000;

export interface RunState {
  readonly config: RunConfig;
  readonly repairs: number;
  readonly notices: readonly string[];
  /** Where the run is: a stage, `open` or `close`. */
  readonly stage: string;
  lastEpoch(): number;
  /** Whether the run has this stage at all. */
  has(stage: string): boolean;
  isDone(stage: string): boolean;
  /** Whether it was done once, although a repair may have begun it again. */
  wasDone(stage: string): boolean;
  enter(stage: string): void;
  leave(stage: string, outcome: StageOutcome): void;
  /** The run does not begin yet: for what it waits. */
  waits(text: string): void;
  park(attention: Attention): void;
  /** The run goes on with another dataset: see the update `retry`. */
  replaceDataset(dataset: RunConfig['dataset']): void;
  unpark(): void;
  repair(why: string): void;
  /** Something that a person should know. */
  notice(text: string): void;
  /** The run is over without a result. */
  end(): void;
  finish(identity: RunIdentity, outcomes: Partial<Outcomes>): RunResult;
}

/** What people see of a run: queries, current details and search attributes. */
export function createRunState(
  runId: string,
  config: RunConfig,
  plans: readonly StagePlan[],
): RunState {
  const stages: StageProgress[] = plans.map(({ name }) => ({ stage: name, state: 'waiting' }));
  const totalEpochs = config.recipe.epochs;
  const progress: Progress = {
    runId,
    status: 'running',
    stages,
    epochs: [],
    totalEpochs,
    notices: [],
  };
  let result: RunResult | undefined;
  let repairs = 0;
  let current = 'open';
  const onceDone = new Set<string>();

  /** Temporal refuses the whole workflow task with a value that it cannot keep, again and again. */
  const index = (values: SearchAttributeUpdatePair[]): void => {
    if (!config.searchAttributes) return;
    const kept = values.filter(isIndexable);
    for (const { key } of values.filter((pair) => !isIndexable(pair)))
      notice(`The search attribute ${key.name} is not set: its value is none that Temporal keeps.`);
    if (kept.length > 0) upsertSearchAttributes(kept);
  };
  const show = (): void => setCurrentDetails(describeRun(progress));
  const entry = (stage: string): StageProgress | undefined =>
    stages.find((candidate) => candidate.stage === stage);

  const notice = (text: string): void => {
    progress.notices = [...progress.notices, text.slice(0, longestText)].slice(-keptNotices);
  };

  function addEpochs(lines: EpochLine[]): void {
    const known = new Map(progress.epochs.map((line) => [line.epoch, line]));
    for (const line of lines) known.set(line.epoch, line);
    progress.epochs = [...known.values()].sort((a, b) => a.epoch - b.epoch).slice(-keptEpochs);
    const before = progress.best?.validationAccuracy ?? -1;
    for (const { epoch, validationAccuracy } of lines)
      if (
        validationAccuracy !== undefined &&
        validationAccuracy > (progress.best?.validationAccuracy ?? -1)
      )
        progress.best = { epoch, validationAccuracy };
    // The choice of an epoch has the last word.
    const { best } = progress;
    if (best && best.validationAccuracy > before)
      index([{ key: resultAttribute('validationAccuracy')!, value: best.validationAccuracy }]);
  }

  setHandler(reportProgress, (given) => {
    const report = progressReportSchema.safeParse(given).data;
    if (report === undefined) return notice('A report of a stage was not understood.');
    const { stage, doing, epochs, notices } = report;
    if (entry(stage)?.state !== 'running') return;
    if (doing !== undefined) progress.doing = doing.slice(0, longestText);
    notices?.forEach(notice);
    if (epochs?.length) addEpochs(epochs);
    show();
  });
  setHandler(progressQuery, (afterEpoch = 0) => ({
    ...progress,
    epochs: progress.epochs.filter(({ epoch }) => epoch > afterEpoch),
  }));
  setHandler(resultQuery, () => result);

  index([{ key: searchable.dataset, value: config.dataset.name }]);
  show();

  return {
    config,
    get repairs() {
      return repairs;
    },
    get notices() {
      return progress.notices;
    },
    get stage() {
      return current;
    },
    has: (stage) => entry(stage) !== undefined,
    // A stage that the run does not have will do nothing any more, either.
    isDone: (stage) => (entry(stage)?.state ?? 'done') === 'done',
    wasDone: (stage) => entry(stage) === undefined || onceDone.has(stage),
    lastEpoch: () => progress.epochs.at(-1)?.epoch ?? 0,
    enter(stage) {
      current = stage;
      Object.assign(entry(stage)!, { state: 'running' });
      delete progress.doing;
      index([{ key: searchable.stage, value: stage }]);
      show();
    },
    leave(stage, { cache, seconds, summary }) {
      Object.assign(entry(stage)!, { state: 'done', seconds, ...cache });
      onceDone.add(stage);
      delete progress.doing;
      const plan = planOf(stage);
      if (plan?.best) progress.best = plan.best((summary ?? {}) as never);
      const verdict = plan && verdictOf(plan, summary);
      if (verdict) progress.verdict = verdict;
      const numbers = plan ? numbersOf(plan, summary) : {};
      const values = Object.keys(plan?.results ?? {}).flatMap((key) => {
        const attribute = resultAttribute(key);
        return attribute ? [{ key: attribute, value: numbers[key] ?? null }] : [];
      });
      if (values.length > 0) index(values);
      show();
    },
    waits(text) {
      progress.doing = text;
      show();
    },
    park(attention) {
      current = attention.stage;
      progress.status = 'parked';
      progress.attention = attention;
      delete progress.doing;
      const parked = entry(attention.stage);
      if (parked) parked.state = 'parked';
      index([{ key: searchable.attention, value: `${attention.stage}: ${attention.kind}` }]);
      show();
    },
    replaceDataset(dataset) {
      config.dataset = dataset;
      index([{ key: searchable.dataset, value: dataset.name }]);
    },
    unpark() {
      const parked = entry(progress.attention?.stage ?? '');
      if (parked) parked.state = 'running';
      progress.status = 'running';
      delete progress.attention;
      index([{ key: searchable.attention, value: null }]);
      show();
    },
    repair(why) {
      repairs += 1;
      notice(why);
      for (const stage of stages) Object.assign(stage, { state: 'waiting' });
      show();
    },
    notice,
    end() {
      progress.status = 'ended';
      delete progress.attention;
      index([{ key: searchable.attention, value: null }]);
      show();
    },
    finish(identity, outcomes) {
      progress.status = 'finished';
      index([{ key: searchable.stage, value: 'finished' }]);
      result = resultOf(identity, outcomes);
      show();
      return result;
    },
  };
}
