import { bounded, printable } from '@atelier/text';

/** What a person needs in order to mend a failure. */
export interface Failure {
  /** What went wrong, in one sentence. */
  what: string;
  /** The file, address, field or tensor it went wrong at. */
  where?: string;
  expected?: string;
  found?: string;
  /** What to do about it. */
  remedy?: string;
  /**
   * Settings of the run, such as `mirrors`, whose change may mend it; none where only another run
   * can. Left out where something outside the run has to be mended.
   */
  mendedBy?: readonly string[];
}

/** Characters of a part. A child's last lines and the addresses of many mirrors have room in it. */
const longest = 10_000;

/** A part on its line, and further lines below it: none can look like another part. */
const shown = (text: string): string =>
  printable(bounded(text, longest)).replace(/\n(?! {4})/g, '\n    ');

/**
 * One failure as text: what, then one indented line for each part that is known. Parts hold what
 * others wrote (a server's answer, a file's fields), so what a terminal would obey is shown instead
 * (see `printable`), and what is longer than 10,000 characters is cut.
 */
export function describeFailure({ what, where, expected, found, remedy }: Failure): string {
  const details = { where, expected, found, 'what to do': remedy };
  const lines = Object.entries(details).flatMap(([label, text]) =>
    text === undefined ? [] : [`  ${label}: ${shown(text)}`],
  );
  return [shown(what), ...lines].join('\n');
}

abstract class ExplainedError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(describeFailure(failure), options);
    this.failure = failure;
  }
}

/** Only a person can mend it (bad data, configuration, credentials), so it is never retried. */
export class UserError extends ExplainedError {
  override readonly name = 'UserError';
}

/** The world failed (network, disk, a killed process): trying again may succeed. */
export class WorldError extends ExplainedError {
  override readonly name = 'WorldError';
}

/** Whether an error says what a person needs. */
export const isExplained = (error: unknown): error is UserError | WorldError =>
  error instanceof ExplainedError;

/** By name, because an error may come from another copy of this package or through serialisation. */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && error.name === 'UserError';
}
