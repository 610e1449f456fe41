import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { UserError } from '@atelier/errors';
import type { RunComparison } from '@atelier/report/comparison';
import { type Setting, show, valueAt } from '@atelier/settings';
import { defaultText } from '../configuration/flags.ts';
import { runSettings } from '../configuration/run-options.ts';
import { commitText } from '../record/read-run-record.ts';
import type { StoredRun } from './stored-run.ts';

type Described = Pick<StoredRun, 'record' | 'dataset' | 'report'>;
type Differing = RunComparison['differs']['data'];
type Facts = ReadonlyMap<string, string>;

/** What is not the same on both sides: settings, data and environment, by what the runs recorded. */
export function differingOf(
  a: readonly Described[],
  b: readonly Described[],
): RunComparison['differs'] {
  const between = (factsOf: (run: Described) => Facts) => differing(a.map(factsOf), b.map(factsOf));
  return {
    configuration: between(configurationOf),
    data: between(dataOf),
    environment: between(environmentOf),
  };
}

function differing(a: readonly Facts[], b: readonly Facts[]): Differing {
  const names = new Set([...a, ...b].flatMap((facts) => [...facts.keys()]));
  const text = (side: readonly Facts[], name: string) =>
    [...new Set(side.map((facts) => facts.get(name) ?? 'none'))].sort(byNumber).join('; ');
  return [...names].flatMap((name) => {
    const [ofA, ofB] = [text(a, name), text(b, name)];
    return ofA === ofB ? [] : [{ name, a: ofA, b: ofB }];
  });
}

const byNumber = (a: string, b: string): number =>
  a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' });

function configurationOf({ record: { configuration, seed } }: Described): Facts {
  const facts = runSettings.map((setting): [string, string] => {
    const { path } = setting;
    const value = path[0] === 'seed' ? seed : valueAt(configuration, path);
    const isUnset = value === undefined || (Array.isArray(value) && value.length === 0);
    if (path[0] === 'dataset') return ['dataset', configuration.dataset.name];
    return [path.join('.'), isUnset ? unsetText(setting) : textOf(value)];
  });
  const adopt = valueAt(configuration, ['adopt']);
  if (adopt !== undefined)
    facts.push(['adopt', `epoch ${valueAt(adopt, ['epoch'])} of run ${valueAt(adopt, ['run'])}`]);
  const from = valueAt(configuration, ['initialise', 'from']);
  if (from !== undefined) facts.push(['initialise', String(from)]);
  return new Map(facts);
}

/** What a run did that has no such setting on record; what others get instead is on theirs. */
const unsetText = (setting: Setting): string => defaultText(setting).split('; ')[0]!;

/** The manifest, less the seed, which is a setting, and what only lists single images. */
function dataOf({ dataset }: Described): Facts {
  const {
    splitSeed: _,
    validationMembers: __,
    gateMembers: ___,
    contract,
    sources,
    ...others
  } = dataset;
  const { duplicates, constantImages, ...balance } = contract;
  const [{ examples: _d, ...duplicated }, { examples: _c, ...constant }] = [
    duplicates,
    constantImages,
  ];
  const digests = Object.entries(sources).map(([role, { sha256 }]): [string, string] => [
    `file ${role}`,
    sha256.slice(0, 12),
  ]);
  const found = { ...others, ...balance, duplicates: duplicated, constantImages: constant };
  return new Map([...digests, ...leaves(found)]);
}

function environmentOf({ report, record: { code } }: Described): Facts {
  const commit = commitText(code);
  const { sources } = code ?? {};
  const others = leaves(report.environment);
  return new Map([
    ...others,
    ...(commit ? [['code', commit] as const] : []),
    ...(typeof sources === 'string' ? [['sources', sources.slice(0, 12)] as const] : []),
  ]);
}

/** Every value of a document by its path; a list is one. */
function leaves(value: object, path: readonly string[] = []): [string, string][] {
  return Object.entries(value).flatMap(([key, field]): [string, string][] =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? leaves(field, [...path, key])
      : [[[...path, key].join('.'), textOf(field)]],
  );
}

const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(textOf).join(', ') || 'none';
  return typeof value === 'string' ? value : show(value);
};

/**
 * Test examples are known by their position in the official files, so these have to be the same.
 * Labels may come from another file: they are held against each other one by one.
 * @throws UserError where they are other images
 */
export function checkSameTestImages(runs: readonly Described[]): void {
  const [first, ...others] = runs;
  for (const { record, dataset } of others) {
    const [known, other] = [first!.dataset, dataset].map(testFilesOf);
    // A file that was made anew of the same pictures has another name.
    if (digests(known!) === digests(other!)) continue;
    const [expected, found] = [known!, other!].map(described);
    throw new UserError({
      what: 'These runs cannot be compared. They were tested on other images.',
      expected: `${expected}, as in run ${first!.record.runId}`,
      found: `${found} in run ${record.runId}`,
      remedy: 'compare runs on the same official test data',
    });
  }
}

type Files = PreparedDataset['sources'][string][];

const testFilesOf = ({ sources }: PreparedDataset): Files =>
  Object.entries(sources)
    .filter(([role]) => role.startsWith('test') && !role.endsWith('Labels'))
    .map(([, file]) => file);

const digests = (files: Files): string => files.map(({ sha256 }) => sha256).join();
const described = (files: Files): string =>
  files.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 12)}`).join(', ');
