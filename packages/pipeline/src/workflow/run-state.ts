import type { TestResult } from '@atelier/evaluate';
import { setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import {
  type Outcomes,
  type RunConfig,
  type RunIdentity,
  type RunResult,
  type SelectSummary,
  type StageName,
  type StageOutcome,
  stageNames,
} from '../contract.ts';
import { searchAttributes as keys, listedMetrics } from '../names.ts';
import type { Attention, EpochLine, Progress, StageProgress } from '../progress.ts';
import { describeRun } from './current-details.ts';
import { progressQuery, reportProgress, resultQuery } from './messages.ts';

/** Followers that come late see this many epochs; the store has all. */
const keptEpochs = 1000;
const keptNotices = 20;

export interface RunState {
  readonly config: RunConfig;
  readonly repairs: number;
  lastEpoch(): number;
  isDone(stage: string): boolean;
  enter(stage: StageName): void;
  leave(stage: StageName, outcome: StageOutcome<unknown>): void;
  park(attention: Attention): void;
  unpark(): void;
  repair(why: string): void;
  /** The run is over without a result. */
  end(): void;
  finish(identity: RunIdentity, outcomes: Outcomes): RunResult;
}

/** What people see of a run: queries, current details and search attributes. */
export function createRunState(runId: string, config: RunConfig): RunState {
  const stages: StageProgress[] = stageNames.map((stage) => ({ stage, state: 'waiting' }));
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

  const index = (values: Parameters<typeof upsertSearchAttributes>[0]): void => {
    if (config.searchAttributes) upsertSearchAttributes(values);
  };
  const show = (): void => setCurrentDetails(describeRun(progress));
  const entry = (stage: string): StageProgress | undefined =>
    stages.find((candidate) => candidate.stage === stage);

  const notice = (text: string): void => {
    progress.notices = [...progress.notices, text].slice(-keptNotices);
  };

  function addEpochs(lines: EpochLine[]): void {
    const known = new Map(progress.epochs.map((line) => [line.epoch, line]));
    for (const line of lines) known.set(line.epoch, line);
    progress.epochs = [...known.values()].sort((a, b) => a.epoch - b.epoch).slice(-keptEpochs);
    const before = progress.best?.validationAccuracy ?? -1;
    for (const { epoch, validationAccuracy } of lines)
      if (validationAccuracy > (progress.best?.validationAccuracy ?? -1))
        progress.best = { epoch, validationAccuracy };
    const { best } = progress;
    if (best && best.validationAccuracy > before)
      index([{ key: keys.validationAccuracy, value: best.validationAccuracy }]);
  }

  setHandler(reportProgress, ({ stage, doing, epochs, notices }) => {
    if (entry(stage)?.state !== 'running') return;
    if (doing !== undefined) progress.doing = doing;
    notices?.forEach(notice);
    if (epochs?.length) addEpochs(epochs);
    show();
  });
  setHandler(progressQuery, (afterEpoch = 0) => ({
    ...progress,
    epochs: progress.epochs.filter(({ epoch }) => epoch > afterEpoch),
  }));
  setHandler(resultQuery, () => result);

  index([{ key: keys.dataset, value: config.dataset.name }]);
  show();

  return {
    config,
    get repairs() {
      return repairs;
    },
    isDone: (stage) => entry(stage)?.state === 'done',
    lastEpoch: () => progress.epochs.at(-1)?.epoch ?? 0,
    enter(stage) {
      Object.assign(entry(stage)!, { state: 'running' });
      delete progress.doing;
      index([{ key: keys.stage, value: stage }]);
      show();
    },
    leave(stage, { cache, seconds, summary }) {
      Object.assign(entry(stage)!, { state: 'done', seconds, ...cache });
      delete progress.doing;
      if (stage === 'select') {
        const { epoch, validationAccuracy } = summary as SelectSummary;
        progress.best = { epoch, validationAccuracy };
        index([{ key: keys.validationAccuracy, value: validationAccuracy }]);
      }
      if (stage === 'evaluate') index(testAttributes(summary as TestResult));
      show();
    },
    park(attention) {
      progress.status = 'parked';
      progress.attention = attention;
      const parked = entry(attention.stage);
      if (parked) parked.state = 'parked';
      index([{ key: keys.attention, value: `${attention.stage}: ${attention.kind}` }]);
      show();
    },
    unpark() {
      const parked = entry(progress.attention?.stage ?? '');
      if (parked) parked.state = 'running';
      progress.status = 'running';
      delete progress.attention;
      index([{ key: keys.attention, value: null }]);
      show();
    },
    repair(why) {
      repairs += 1;
      notice(why);
      for (const stage of stages) Object.assign(stage, { state: 'waiting' });
      show();
    },
    end() {
      progress.status = 'ended';
      delete progress.attention;
      index([{ key: keys.attention, value: null }]);
      show();
    },
    finish(identity, outcomes) {
      progress.status = 'finished';
      index([{ key: keys.stage, value: 'finished' }]);
      result = summarise(identity, outcomes);
      show();
      return result;
    },
  };
}

const testAttributes = (result: TestResult) =>
  listedMetrics.map(({ key, attribute }) => ({ key: attribute, value: result[key] ?? null }));

function summarise({ runId, workflowId }: RunIdentity, outcomes: Outcomes): RunResult {
  const { epoch, validationAccuracy } = outcomes.select.summary;
  const stages = Object.fromEntries(
    stageNames.map((name) => {
      const { seconds, cache } = outcomes[name];
      return [name, { seconds, ...cache }];
    }),
  ) as RunResult['stages'];
  return {
    runId,
    workflowId,
    bestEpoch: epoch,
    validationAccuracy,
    ...outcomes.evaluate.summary,
    stages,
    report: `runs/${runId}/report.html`,
  };
}
