import { dataEdits } from './edits-of-data.ts';
import { evaluationEdits } from './edits-of-evaluation.ts';
import { reportEdits } from './edits-of-reports.ts';
import { selectionEdits } from './edits-of-selection.ts';
import { trainingEdits } from './edits-of-training.ts';
import type { Tamper } from './tampering.ts';

/** One thing that somebody does to a store before the next equal run. */
export interface Edit {
  /** `<what>/<how>` */
  name: string;
  /** For people. */
  title: string;
  tamper: Tamper;
  /** No run reads it or has to do anything about it. */
  unread?: true;
}

export const edits: readonly Edit[] = [
  ...dataEdits,
  ...trainingEdits,
  ...selectionEdits,
  ...evaluationEdits,
  ...reportEdits,
];

/** Few enough for every `npm test`: those that need no training. */
export const subset: readonly string[] = [
  'data/splits-exchanged',
  'select/model-of-another-epoch',
  'evaluate/accuracy-as-text',
  'evaluate/accuracy-flattered',
  'report/numbers-flattered',
  'latest/into-the-future',
];
