export interface Prerequisite {
  /** For people. */
  name: string;
  /** Its version; absent when it is missing. */
  found?: string | undefined;
  /** What needs it. */
  why: string;
  /** The command that installs it. */
  remedy: string;
}
export function prerequisites(
  variables: Record<string, string | undefined>,
): Promise<Prerequisite[]>;
export function missingMessage(found: Prerequisite[]): string | undefined;
export function isNodeNewEnough(version: string): boolean;
export function architecture(): 'x86_64' | 'aarch64' | undefined;
