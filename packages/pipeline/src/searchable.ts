import type { Connection } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributeUpdatePair } from '@temporalio/common';
import { type ResultName, stagePlans } from './stages/index.ts';

/** What every run can be searched by in Temporal; stages add their results. */
export const searchable = {
  dataset: defineSearchAttributeKey('AtelierDataset', 'KEYWORD'),
  stage: defineSearchAttributeKey('AtelierStage', 'KEYWORD'),
  /** `<stage>: <kind of error>` while a run waits for a person. */
  attention: defineSearchAttributeKey('AtelierAttention', 'KEYWORD'),
} as const;

const plannedResults = stagePlans.flatMap(({ results }) => Object.entries(results));

/** The results that lists of runs have a column for, stage by stage, each with its attribute. */
export const listedResults = plannedResults.flatMap(([name, { column, format }]) => {
  if (column === undefined) return [];
  const key = name as ResultName;
  const attribute = `Atelier${name[0]!.toUpperCase()}${name.slice(1)}`;
  return [{ key, column, format, attribute: defineSearchAttributeKey(attribute, 'DOUBLE') }];
});

export const resultAttribute = (name: string) =>
  listedResults.find(({ key }) => key === name)?.attribute;

/** Characters of a keyword in Temporal's databases. */
const longestKeyword = 255;

/** Whether Temporal keeps such a value; null takes one away. */
export const isIndexable = ({ key, value }: SearchAttributeUpdatePair): boolean =>
  value === null ||
  (key.type === 'DOUBLE'
    ? Number.isFinite(value)
    : typeof value === 'string' && value.length <= longestKeyword);

const attributes = [
  ...Object.values(searchable),
  ...listedResults.map(({ attribute }) => attribute),
];

/** The same for a local Temporal, which is told of them when it starts. */
export const localSearchAttributes = Object.fromEntries(
  attributes.map(({ name, type }) => [name, type === 'DOUBLE' ? 'Double' : 'Keyword'] as const),
);

/** As in temporal.api.enums.v1.IndexedValueType. */
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
    const missing = attributes.filter(({ name }) => !customAttributes?.[name]);
    if (missing.length === 0) return undefined;
    const added = Object.fromEntries(missing.map(({ name, type }) => [name, types[type]]));
    await operatorService.addSearchAttributes({ namespace, searchAttributes: added });
    return undefined;
  } catch (error) {
    const reason = (error as { details?: string }).details ?? (error as Error).message;
    const names = attributes.map(({ name }) => name);
    return `Temporal does not let search attributes be added (${reason}). Runs work without them; ask an operator to add ${names.join(', ')}.`;
  }
}
