import type { Message } from '@atelier/notify/message';
import type { RunRow } from '../../src/record/run-row.ts';
import type { ModelOfRun } from '../../src/registry/decision.ts';
import type { Told } from '../../src/registry/decision-log.ts';
import type { Victim } from '../crash-matrix/victims.ts';
import type { Happening, YearPlan } from './plan.ts';

/** A night that Temporal says was due. */
export interface DueNight {
  /** YYYY-MM-DD in the schedule's zone. */
  date: string;
  run: string;
  happening: Happening;
  /** Clocks show its time for the second time. */
  again: boolean;
}

/** What was stored at the end of a month. */
export interface Month {
  month: string;
  runs: number;
  objects: number;
  /** Of all objects. */
  bytes: number;
  /** Bytes of Temporal's database. */
  temporal: number;
  /** Bytes of the disk under the store. */
  disk?: number;
}

/** All that was seen of a year. */
export interface Evidence {
  plan: YearPlan;
  due: DueNight[];
  months: Month[];
  /** Runs that a prune meant to remove. */
  chosen: string[];
  kills: { victim: Victim; hit: boolean }[];
  /** Of every run that there was, its last row in the index. */
  rows: RunRow[];
  /** How many executions Temporal had of a run. */
  executions: [run: string, count: number][];
  messages: readonly Message[];
  /** At the end: the runs on record, and how each stands. */
  records: [run: string, status: string][];
  /** Bytes that no run needs, after the last prune. */
  orphans: number;
  /** What `runs`, `show` of the last night, and `verify` say. */
  listed: { runId: string; status: string }[];
  shown: { runId: string; status: string };
  damage: { key: string; problem: string }[];
  /** The registry's whole log, the oldest decision first. */
  decisions: Told[];
  /** What `champion` says, and what the files at the address that stays are of. */
  champion: { number: number; since: number; champion: ModelOfRun };
  published: { number: number; run: string } | undefined;
  /** What was wrong, when a prune was over, with the models in use and before. */
  lost: string[];
  /** Why no disk was full. */
  noDisk?: string;
  seconds: number;
}
