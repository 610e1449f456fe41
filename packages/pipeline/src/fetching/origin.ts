/** A version of a file at its origin. */
export interface Version {
  url: string;
  bytes: number;
  sha256: string;
  etag?: string | undefined;
  /** Its `Last-Modified`. */
  modified?: string | undefined;
}

/** Bytes of a file: whoever sends may do so for ever. */
export const mostBytes = 2 ** 36;

interface FetchOptions {
  /** Where its bytes go; no file is there. */
  path: string;
  /** The version that is here already. */
  known: Version | undefined;
  signal: AbortSignal;
}

/** A place elsewhere that holds files. */
export interface Origin {
  /** For people. */
  address: string;
  /**
   * The names of all files, with `/` between folders; left out where nobody lists them.
   * @throws UserError where one could not be a file of this machine
   */
  list?(): Promise<string[]>;
  /**
   * Receives a file unless it is still the version that is known.
   * @returns the version that was received, or the known one itself; undefined where there is no such file
   * @throws UserError, WorldError where it cannot be had
   */
  fetch(name: string, options: FetchOptions): Promise<Version | undefined>;
}
