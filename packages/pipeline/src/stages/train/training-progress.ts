import { type Environment, environmentChanges } from '@atelier/tensorflow/environment';
import type { TrainingEvent } from '@atelier/train';
import type { EpochData } from '../../run-configuration.ts';
import type { EpochCommit } from '../../run-store.ts';
import type { StageContext } from '../../stage-activity/stage-activity.ts';
import { lineOf, ofEpochs } from './history.ts';
import type { ResumePoint } from './resume-point.ts';

export interface TrainingProgress {
  on(event: TrainingEvent): void;
  /** An epoch is committed: nothing can take it back any more. */
  committed(epoch: number): void;
}

/** How many epochs of earlier attempts a new one tells its workflow about. */
const retold = 200;

/** Turns what the trainer says into progress for people. */
export function trainingProgress(
  { tell, heartbeatDetails }: StageContext,
  epochs: number,
  { commits, notices }: ResumePoint,
  otherData: readonly EpochData[],
): TrainingProgress {
  const last = commits.length;
  const position = { epoch: last, epochs, step: 0, steps: 0, committed: last };
  const beat = (): void => heartbeatDetails({ ...position });
  const earlier = commits.slice(-retold).map((commit) => lineOf(commit, otherData));
  const start = last > 0 ? `continuing after epoch ${last}` : 'starting the trainer';
  tell({ doing: start, epochs: earlier, notices: [...notices, ...otherData.map(leftOut)] });
  beat();
  return {
    on(event) {
      if (event.kind === 'started')
        tell({
          doing: 'compiling and reading the data',
          notices: changeOfEnvironment(commits.at(-1), event.environment),
        });
      if (event.kind === 'progress') {
        const { epoch, step, steps } = event;
        Object.assign(position, { epoch, step, steps });
        tell({ doing: `epoch ${epoch}, step ${step} of ${steps}` });
      }
      if (event.kind === 'epoch') {
        const { epoch, seconds, ...metrics } = event.record;
        position.epoch = epoch;
        tell({ doing: `epoch ${epoch + 1}`, epochs: [lineOf({ epoch, metrics, seconds })] });
      }
      beat();
    },
    committed(epoch) {
      position.committed = epoch;
      beat();
    },
  };
}

/** Another environment continues, and is written down: bits may differ from here on. */
function changeOfEnvironment(last: EpochCommit | undefined, now: Environment): string[] {
  if (last === undefined) return [];
  const changes = environmentChanges(last.environment, now);
  if (changes.length === 0) return [];
  return [`The environment is another one from epoch ${last.epoch + 1} on: ${changes.join(', ')}.`];
}

const leftOut = (span: EpochData): string => {
  const adopted = 'adopted from a run on other data';
  return `${ofEpochs(span, `is ${adopted}: it takes`, `are ${adopted}: they take`)} no part in choosing the epoch.`;
};
