/** One thing the doctor looked at. */
export interface Check {
  /** For people: 'Python 3'. */
  name: string;
  /** A warning does not fail the whole: it works, but a person should know. */
  status: 'ok' | 'warning' | 'failed';
  /** What was found. */
  found: string;
  /** What to do about it; present unless all is well. */
  remedy?: string;
}

export const ok = (name: string, found: string): Check => ({ name, status: 'ok', found });

export const warning = (name: string, found: string, remedy: string): Check => ({
  name,
  status: 'warning',
  found,
  remedy,
});

export const failed = (name: string, found: string, remedy: string): Check => ({
  name,
  status: 'failed',
  found,
  remedy,
});

/** A check that could not be made is a failed one. */
export async function guarded(name: string, check: () => Promise<Check>): Promise<Check> {
  const [result] = await allGuarded(name, async () => [await check()]);
  return result as Check;
}

/** Checks that could not be made give one that failed, under their common name. */
export async function allGuarded(name: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await check();
  } catch (error) {
    return [failed(name, (error as Error).message, 'See what it says.')];
  }
}
