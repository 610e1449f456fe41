import type { Failure } from '@atelier/errors';
import { bounded, printable } from '@atelier/text';

/** Why a request is not answered, as its sender is told. */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly failure: Pick<Failure, 'what' | 'expected' | 'found' | 'remedy'>;
  /** Whether the connection ends with it, since what else comes on it is not read. */
  readonly ends: boolean;

  constructor(statusCode: number, failure: Refusal['failure'], { ends = false } = {}) {
    super(failure.what);
    this.statusCode = statusCode;
    this.failure = failure;
    this.ends = ends;
  }
}

/** Something that a sender wrote, as far as an answer repeats it. */
export const quoted = (text: string): string => printable(bounded(JSON.stringify(text), 100));

/** The body of every answer that is not 200. */
export const errorBody = (failure: Refusal['failure']): string =>
  `${JSON.stringify({ error: failure })}\n`;
