import { UserError } from '@atelier/errors';
import type { Store } from '../run-store.ts';
import type { Decision } from './decision.ts';
import { defaultName, newestDecision, type Registry } from './decision-log.ts';

export type RegistryReader = Pick<
  Store,
  'bucket' | 'readPointer' | 'readEntry' | 'listEntries' | 'listLogs'
>;

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** What names of datasets consist of: nothing else is asked for at the store, which refuses some of it. */
const datasetForm = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** @throws UserError for a name that cannot be part of addresses */
export function checkName(name: string, where: string): string {
  if (nameForm.test(name)) return name;
  throw new UserError({
    what: 'This cannot be such a name.',
    where,
    expected: 'up to 40 letters, digits, dots, dashes and underscores, the first a letter or digit',
    found: JSON.stringify(name).slice(0, 200),
  });
}

/** All that models are in use for, in alphabetical order. */
export async function listRegistries(store: Pick<Store, 'listLogs'>): Promise<Registry[]> {
  const datasets = await store.listLogs('champions');
  const found = await Promise.all(
    datasets.map(async (dataset) =>
      (await store.listLogs(`champions/${dataset}`)).map((name) => ({ dataset, name })),
    ),
  );
  return found.flat();
}

/**
 * The registry that is meant: of the dataset that is named, or else the only one of this name.
 * @param how a person names the dataset where there are several
 * @throws UserError where there are several; undefined where there is none
 */
export async function findRegistry(
  store: Pick<Store, 'listLogs'>,
  name: string,
  dataset: string | undefined,
  how = '`--dataset NAME`',
): Promise<Registry | undefined> {
  if (dataset !== undefined) return datasetForm.test(dataset) ? { dataset, name } : undefined;
  const found = (await listRegistries(store)).filter((registry) => registry.name === name);
  if (found.length <= 1) return found[0];
  throw new UserError({
    what: `${found.length} datasets have a ${name}.`,
    where: 'the dataset',
    expected: how,
    found: `none; there are ${found.map((registry) => registry.dataset).join(', ')}`,
  });
}

/** @throws UserError: nothing is in use under this name yet */
export const noChampion = (name: string, dataset?: string): UserError =>
  new UserError({
    what: `There is no ${name}${dataset === undefined ? '' : ` of ${dataset}`} yet.`,
    remedy:
      '`npx atelier promote RUN --reason "…"` makes a finished run the champion; a run is also named by its own name',
  });

/**
 * What `champion`, `champion:<dataset>` or `champion:<dataset>:<name>` means in the place of a run.
 * @returns undefined for other words, and where there is none
 */
export async function championNamed(
  store: RegistryReader,
  word: string,
): Promise<Decision | undefined> {
  const [first, dataset, name = defaultName, ...more] = word.split(':');
  if (first !== defaultName || dataset === '' || more.length > 0 || !nameForm.test(name))
    return undefined;
  const registry = await findRegistry(
    store,
    name,
    dataset,
    '`champion:DATASET` in the place of a run',
  );
  return registry && newestDecision(store, registry);
}

/** Whether a word means a champion, so that no run and no tag may have it as its name. */
export const meansChampion = (word: string): boolean => word.split(':')[0] === defaultName;
