import { isDeepStrictEqual } from 'node:util';
import { type BlobRef, fingerprint, misled } from '@atelier/artifacts';
import { digestSchema } from '@atelier/artifacts/blob-ref';
import {
  type Change,
  ContractViolation,
  compareDatasets,
  datasetFacts,
  datasetFactsSchema,
  type Limits,
  limitsSchema,
} from '@atelier/data/compare-datasets';
import type { PreparedDataset } from '@atelier/data/prepared-dataset';
import { z } from 'zod';
import type { Store } from '../run-store.ts';
import { readManifest } from '../stages/data/check-record.ts';

/**
 * The dataset that was accepted last under a name: `registry/datasets/<name>.json`. It holds all that
 * the next one is compared by, so that nothing of the store has to stay for it.
 */
const acceptedSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** The run that had it, which may be removed meanwhile. */
  of: z.string(),
  acceptedAt: z.iso.datetime(),
  /** The fingerprint of its files. */
  files: digestSchema,
  facts: datasetFactsSchema,
  /** What had changed, in words, for a run that is not told so and asks again. */
  change: z.string().optional(),
});

type Accepted = z.output<typeof acceptedSchema>;

export type AcceptanceStore = Pick<Store, 'readPointer' | 'movePointer' | 'getBlob'>;

/** A dataset that a run has prepared. */
export interface PreparedBy {
  run: string;
  /** The dataset's name. */
  name: string;
  manifest: BlobRef;
}

const pointerOf = (name: string): string => `datasets/${name}`;

/**
 * Accepts what a run has found at its source where it is like what was accepted last, or where it is
 * the first. Of two runs at once each is held against what the other has accepted.
 * @returns what has changed, in words, to the run that brought it also when it asks again; undefined
 *   where nothing has
 * @throws ContractViolation
 */
export function acceptWithin(
  store: AcceptanceStore,
  prepared: PreparedBy,
  limits: Limits,
): Promise<string | undefined> {
  return accept(store, prepared, limits, (accepted, found, changes) => {
    const violated = changes.filter((change) => change.violated);
    if (violated.length > 0) throw violation(prepared, accepted, found, violated);
  });
}

/**
 * Accepts what a run has found, whatever it is: a person has looked at it.
 * @returns what has changed, in words; undefined where nothing has
 */
export const acceptAnyhow = (
  store: AcceptanceStore,
  prepared: PreparedBy,
): Promise<string | undefined> => accept(store, prepared, limitsSchema.parse({}), () => {});

/** Whether this is the dataset that was accepted last under its name. */
export async function isAccepted(
  store: Pick<Store, 'readPointer'>,
  name: string,
  prepared: PreparedDataset,
): Promise<boolean> {
  const pointer = await store.readPointer(pointerOf(name));
  const { files, facts } = acceptedSchema.safeParse(pointer?.target).data ?? {};
  return isDeepStrictEqual({ files, facts }, foundIn(prepared));
}

const foundIn = (prepared: PreparedDataset): Found => ({
  files: fingerprint(prepared.sources),
  facts: datasetFacts(prepared),
});

type Found = Pick<Accepted, 'files' | 'facts'>;

async function accept(
  store: AcceptanceStore,
  { run, name, manifest }: PreparedBy,
  limits: Limits,
  check: (accepted: Accepted, found: Found, changes: readonly Change[]) => void,
): Promise<string | undefined> {
  const prepared = await readManifest(store, manifest);
  const found = foundIn(prepared);
  for (;;) {
    const pointer = await store.readPointer(pointerOf(name));
    const accepted = acceptedSchema.safeParse(pointer?.target).data;
    const { files, facts } = accepted ?? {};
    if (isDeepStrictEqual({ files, facts }, found))
      return accepted?.of === run ? accepted.change : undefined;
    const changes = accepted ? compareDatasets(accepted.facts, found.facts, limits) : [];
    if (accepted) check(accepted, found, changes);
    const acceptedAt = new Date().toISOString();
    const change = accepted && `The data changed since run ${accepted.of}: ${inWords(changes)}`;
    const target = {
      ...{ schemaVersion: 1, of: run, acceptedAt, ...found },
      ...(change && { change }),
    } satisfies Accepted;
    // What is no such pointer is set aside.
    const isOdd = pointer !== undefined && accepted === undefined;
    const from = isOdd ? misled(pointer, 'it is no dataset') : pointer;
    if ((await store.movePointer(pointerOf(name), from, target)) !== undefined) return change;
    // Another run was faster: what it has accepted counts from now on.
  }
}

function inWords(changes: readonly Change[]): string {
  const changed = changes.filter((change) => change.changed);
  if (changed.length === 0) return 'the numbers that are compared are the same.';
  return `${changed.map(({ what, found }) => `${what} ${found}`).join('; ')}.`;
}

function violation(
  { run, name }: PreparedBy,
  accepted: Accepted,
  { files }: Found,
  violated: readonly Change[],
): ContractViolation {
  const day = accepted.acceptedAt.slice(0, 10);
  return new ContractViolation({
    what: `The data is too different from what was accepted last: ${violated.map(({ what }) => what).join('; ')}.`,
    where: `dataset ${name}, files ${files.slice(0, 12)}; accepted last: run ${accepted.of} on ${day}, files ${accepted.files.slice(0, 12)}`,
    expected: violated.map(({ what, limit }) => `${what}: a change of at most ${limit}`).join('\n'),
    found: violated.map(({ what, found }) => `${what}: ${found}`).join('\n'),
    remedy: `look at the files; if they are right, \`npx atelier accept ${run}\` accepts them and later runs go on from there; if only the limits are too narrow, \`contract\` in the descriptor has them`,
    mendedBy: [],
  });
}
