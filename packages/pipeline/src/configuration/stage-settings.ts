import type { StageName } from '../contract.ts';

/**
 * Settings that say how a stage does its work; they may change while a run waits for it. Mirrors and
 * threads do not decide its results. The size of evaluation's batches decides their last bits (the
 * rows that do not fill a vector are summed in another order), so evaluation's inputs hold it.
 */
export interface StageSettings {
  mirrors: string[];
  threads?: number;
  evaluationBatch?: number;
}

/** The stages that each of them is for. */
export const settingStages = {
  mirrors: ['data'],
  threads: ['train', 'evaluate'],
  evaluationBatch: ['evaluate'],
} as const satisfies Record<keyof StageSettings, readonly StageName[]>;

export const largest = { threads: 1024, evaluationBatch: 65_536 } as const;
