import { isFixed, ownFiles } from '@atelier/data/descriptor';
import { proxyActivities } from '@temporalio/workflow';
import type { StageSettings } from '../configuration/stage-settings.ts';
import type { RunConfig } from '../run-configuration.ts';
import type { FoundSource } from '../source/look-at-source.ts';
import type { RunSource } from '../source/run-source.ts';
import type { SourceActivities } from '../source/source-activities.ts';
import type { Outcomes, RunIdentity, StageInputs } from '../stages/index.ts';

/** What a run does about files that are followed; nothing where all are fixed. */
export interface Source {
  /** What was found, once it has been looked. */
  readonly found: RunSource | undefined;
  /**
   * What the data stage works on. Looked at once: whatever the run does again, it does with the same
   * files. A promise only where there is something to look at.
   */
  inputs(
    split: Pick<RunConfig, 'splitSeed' | 'gateCount'>,
    settings: Partial<StageSettings>,
  ): StageInputs['data'] | Promise<StageInputs['data']>;
  /** The same dataset for runs that work for this one: what was followed is fixed, and in the store. */
  fixed(): Pick<RunConfig, 'dataset' | 'stored'>;
  /**
   * Holds what was found against the dataset that was accepted last.
   * @returns what has changed, in words
   * @throws ActivityFailure, `DataContract`, where that is too much
   */
  accept(data: Outcomes['data']): Promise<string | undefined>;
}

const looking = proxyActivities<Pick<SourceActivities, 'lookAtSource'>>({
  heartbeatTimeout: '30s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  startToCloseTimeout: '6h',
  retry: { maximumAttempts: 6, maximumInterval: '30s' },
  summary: 'Look whether the files of the dataset are others',
});

const accepting = proxyActivities<Pick<SourceActivities, 'acceptData'>>({
  startToCloseTimeout: '1m',
  retry: { maximumAttempts: 8, maximumInterval: '30s' },
  summary: 'Compare the dataset with the one that was accepted last',
});

/** @param config whose dataset a retry may replace */
export function createSource(run: RunIdentity, config: RunConfig): Source {
  let found: (FoundSource & { of: RunConfig['dataset'] }) | undefined;
  return {
    get found() {
      return found?.of === config.dataset ? found.source : undefined;
    },
    inputs({ splitSeed, gateCount }, settings) {
      const { dataset: of } = config;
      const split = { splitSeed, ...(gateCount !== undefined && { gateCount }) };
      if (isFixed(of)) {
        const stored = config.stored ?? ownFiles(of);
        return { dataset: of, ...split, ...(stored.length > 0 && { stored }) };
      }
      const inputs = ({ dataset, source }: FoundSource): StageInputs['data'] => ({
        ...{ dataset, ...split, stored: Object.keys(source.files) },
      });
      if (found?.of === of) return inputs(found);
      return looking.lookAtSource({ run, dataset: of, settings }).then((looked) => {
        found = { of, ...looked };
        return inputs(looked);
      });
    },
    fixed() {
      const { dataset: of } = config;
      if (found?.of !== of) return { dataset: of };
      return { dataset: found.dataset, stored: Object.keys(found.source.files) };
    },
    async accept({ outputs: { manifest } }) {
      const { name, contract } = config.dataset;
      const change = await accepting.acceptData({ run: run.runId, name, manifest, contract });
      return change ?? undefined;
    },
  };
}
