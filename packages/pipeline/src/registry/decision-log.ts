import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { entryKey, misled } from '@atelier/artifacts';
import { UserError, WorldError } from '@atelier/errors';
import { z } from 'zod';
import type { Store } from '../run-store.ts';
import {
  changesChampion,
  type Decision,
  decisionAfter,
  decisionSchema,
  type Verdict,
} from './decision.ts';
import { holdCandidate } from './put-forward.ts';

/** A name under which one model of a dataset is in use. */
export interface Registry {
  dataset: string;
  name: string;
}

export const defaultName = 'champion';

export const folderOf = ({ dataset, name }: Registry): string => `${dataset}/${name}`;
const logOf = (registry: Registry): string => `champions/${folderOf(registry)}`;

/** What `registry/champions/<dataset>/<name>.json` points to: a decision of the log, the newest or one before. */
const pointerSchema = z.strictObject({
  schemaVersion: z.literal(1),
  number: z.int().min(1),
  ...decisionSchema.pick({ since: true, previous: true }).shape,
  ...decisionSchema.shape.champion.shape,
});

export type LogStore = Pick<
  Store,
  'bucket' | 'readPointer' | 'movePointer' | 'readEntry' | 'createEntry' | 'listEntries'
>;

type Reading = Pick<LogStore, 'bucket' | 'readPointer' | 'readEntry' | 'listEntries'>;

/**
 * The newest decision; undefined where there is none. The pointer says where to begin to look: what
 * was decided since is in the log, whether or not the pointer was moved.
 * @throws UserError where it cannot be read
 */
export async function newestDecision(
  store: Reading,
  registry: Registry,
): Promise<Decision | undefined> {
  const pointer = await store.readPointer(logOf(registry));
  const { number } = pointerSchema.safeParse(pointer?.target).data ?? {};
  const pointed = number && (await readDecision(store, registry, number));
  if (pointed) return decisionsSince(store, registry, pointed);
  // A pointer that names no decision, or none yet: the log itself tells.
  const newest = (await store.listEntries(logOf(registry))).at(-1);
  if (newest === undefined) return undefined;
  return decisionsSince(store, registry, await readDecision(store, registry, newest));
}

async function decisionsSince(
  store: Reading,
  registry: Registry,
  known: Decision | undefined,
): Promise<Decision | undefined> {
  for (let last = known; ; ) {
    const next = await readDecision(store, registry, (last?.number ?? 0) + 1);
    if (next === undefined) return last;
    last = next;
  }
}

/**
 * A decision by its number; undefined where there is none.
 * @throws UserError where it cannot be read
 */
export async function readDecision(
  store: Pick<Store, 'bucket' | 'readEntry'>,
  registry: Registry,
  number: number,
): Promise<Decision | undefined> {
  const told = await readEntry(store, registry, number);
  if (told === undefined || !('problem' in told)) return told;
  throw unreadableDecision(store, registry, told);
}

/** Nothing is decided over an entry that cannot be read: what it decided is not known. */
export const unreadableDecision = (
  store: Pick<Store, 'bucket'>,
  registry: Registry,
  { number, problem }: Unreadable,
): UserError =>
  new UserError({
    what: `Decision ${number} about the ${registry.name} of ${registry.dataset} cannot be read.`,
    where: `s3://${store.bucket}/${entryKey(logOf(registry), number)}`,
    expected: 'an entry of the log as Atelier writes it',
    found: problem,
    remedy:
      'put it back from a backup; or move it away, if it is the last: then its number is given again',
  });

interface Unreadable {
  number: number;
  problem: string;
}

/** A decision, or why it cannot be read. */
export type Told = Decision | Unreadable;

/** Undefined where there is none. */
async function readEntry(
  store: Pick<Store, 'readEntry'>,
  registry: Registry,
  number: number,
): Promise<Told | undefined> {
  const found = await store.readEntry(logOf(registry), number, decisionSchema);
  if (found === undefined) return undefined;
  const { value, problem } = found;
  if (problem !== undefined) return { number, problem };
  return value.number === number ? value : { number, problem: `number ${value.number}` };
}

/**
 * Decisions, the newest first; numbers are given one after the other, so one that is missing is gone.
 * @param limit how many at most
 */
export async function readHistory(
  store: Reading,
  registry: Registry,
  limit: number,
): Promise<Told[]> {
  const newest = (await store.listEntries(logOf(registry))).at(-1) ?? 0;
  const numbers = Array.from({ length: Math.min(newest, limit) }, (_, i) => newest - i);
  return Promise.all(
    numbers.map(
      async (number) =>
        (await readEntry(store, registry, number)) ?? { number, problem: goneBefore(newest) },
    ),
  );
}

/**
 * Within so many milliseconds those who were too slow come again, each at another time; within twice
 * as many the next time, since they are many then.
 */
const spread = 20;
const mostDoublings = 6;

type Judged<Settled> = Verdict | { settled: Settled };

/**
 * Adds a decision to the log, which alone says what holds: of those who decide at once each gets a
 * number, and whoever was too slow decides again, knowing what the others have decided. A model that
 * is put in use is there, and stays.
 * @param judge what is to be decided, knowing the last decision, which is undefined before the first
 *   one; or `settled`, which is returned where there is nothing to decide
 * @throws UserError for a model that was removed, and where the log lacks an entry
 */
export async function decide<Settled = never>(
  store: LogStore & Parameters<typeof holdCandidate>[0],
  registry: Registry,
  judge: (last: Decision | undefined) => Judged<Settled> | Promise<Judged<Settled>>,
): Promise<Decision | Settled> {
  let last = await newestDecision(store, registry);
  await refuseGap(store, registry, last?.number ?? 0);
  /** The run that nobody removes for the next hour. */
  let held: string | undefined;
  for (let tries = 1; ; tries++) {
    const verdict = await judge(last);
    if ('settled' in verdict) return verdict.settled;
    const { run } = verdict.candidate;
    if (changesChampion(verdict) && run !== held) {
      await holdCandidate(store, verdict.candidate);
      held = run;
    }
    const decision = decisionAfter(last, verdict, new Date());
    if (await writeEntry(store, registry, decision)) return decision;
    await sleep(Math.random() * spread * 2 ** Math.min(tries, mostDoublings));
    last = await decisionsSince(store, registry, last);
  }
}

/**
 * Where an entry is gone that others follow, reading ends before it, and the next decision would take
 * its number: those that follow would then follow from something else.
 */
async function refuseGap(store: LogStore, registry: Registry, last: number): Promise<void> {
  const newest = (await store.listEntries(logOf(registry))).at(-1) ?? 0;
  const next = last + 1;
  // What is there by now was decided meanwhile.
  if (newest < next || (await readDecision(store, registry, next)) !== undefined) return;
  throw unreadableDecision(store, registry, { number: next, problem: goneBefore(newest) });
}

const goneBefore = (newest: number): string =>
  `it is gone, and the log goes on to decision ${newest}`;

/** Milliseconds between the attempts at an entry while the store is away: a restart takes less. */
const pauses = [250, 500, 1_000, 2_000, 4_000, 8_000];

/**
 * Writes an entry. The answer may be lost and the entry be there: who decided again would then have
 * decided twice, and a rollback would go forth again. So the same is written until it is answered.
 * @returns false where somebody else has taken this number
 */
async function writeEntry(
  store: LogStore,
  registry: Registry,
  decision: Decision,
): Promise<boolean> {
  const { number } = decision;
  for (let failures = 0; ; ) {
    try {
      if (await store.createEntry(logOf(registry), number, decision)) return true;
      const there = await readDecision(store, registry, number);
      return isDeepStrictEqual(there, JSON.parse(JSON.stringify(decision)));
    } catch (error) {
      if (!(error instanceof WorldError)) throw error;
      const pause = pauses[failures++];
      if (pause === undefined) throw unanswered(error, registry, number);
      await sleep(pause);
    }
  }
}

const unanswered = (error: WorldError, { dataset, name }: Registry, number: number): WorldError =>
  new WorldError({
    ...error.failure,
    what: `It is not known whether decision ${number} about the ${name} of ${dataset} stands. ${error.failure.what}`,
    remedy: 'when the store answers, `npx atelier champion` shows which model is in use',
  });

/**
 * Moves the pointer to the newest decision, forward only, whoever has made it.
 * @returns the newest decision; undefined where there is none
 */
export async function advancePointer(
  store: LogStore,
  registry: Registry,
): Promise<Decision | undefined> {
  for (;;) {
    // Read first: what is decided after this is not older than what it points to.
    const seen = await store.readPointer(logOf(registry));
    const decision = await newestDecision(store, registry);
    if (decision === undefined) return undefined;
    const { data: pointer } = pointerSchema.safeParse(seen?.target);
    if (pointer?.number === decision.number) return decision;
    const { number, since, previous, champion } = decision;
    const target = { schemaVersion: 1, number, since, previous, ...champion };
    // What is no pointer, or ahead of its log, is set aside.
    const isOdd = seen !== undefined && !(pointer && pointer.number < decision.number);
    const from = isOdd ? misled(seen, 'it names no decision') : seen;
    if ((await store.movePointer(logOf(registry), from, target)) !== undefined) return decision;
  }
}
