import type { Connection } from '@temporalio/client';
import { searchAttributes } from './names.ts';

/** Of temporal.api.enums.v1.IndexedValueType. */
const types = { KEYWORD: 2, DOUBLE: 4 } as const;

/**
 * Makes sure that the namespace knows Atelier's search attributes, adding those it lacks.
 * @returns undefined, or why runs have to do without them (no permission, another type)
 */
export async function ensureSearchAttributes(
  { operatorService }: Connection,
  namespace: string,
): Promise<string | undefined> {
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = Object.values(searchAttributes).filter(({ name }) => !customAttributes?.[name]);
    if (missing.length === 0) return undefined;
    const added = Object.fromEntries(missing.map(({ name, type }) => [name, types[type]]));
    await operatorService.addSearchAttributes({ namespace, searchAttributes: added });
    return undefined;
  } catch (error) {
    const reason = (error as { details?: string }).details ?? (error as Error).message;
    const names = Object.values(searchAttributes).map(({ name }) => name);
    return `Temporal does not let search attributes be added (${reason}). Runs work without them; ask an operator to add ${names.join(', ')}.`;
  }
}
