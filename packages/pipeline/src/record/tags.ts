import { misled } from '@atelier/artifacts';
import { z } from 'zod';
import { runIdForm } from '../names.ts';
import {
  championNamed,
  meansChampion,
  noChampion,
  type RegistryReader,
} from '../registry/find-champion.ts';
import type { Store } from '../run-store.ts';

/** A name that people give to a run, and may move to another one: `registry/tags/<name>.json`. */
const tagSchema = z.looseObject({
  /** Null once the tag was taken away: pointers are moved and never removed. */
  runId: z.string().regex(runIdForm).nullable(),
  taggedAt: z.iso.datetime(),
});

export type TagStore = Pick<Store, 'readPointer' | 'movePointer' | 'listPointers'>;

const folder = 'tags';
const pointerOf = (name: string): string => `${folder}/${name}`;

/** The run that has this tag; undefined where none has, or what lies there is no tag. */
export async function runTagged(
  store: Pick<TagStore, 'readPointer'>,
  name: string,
): Promise<string | undefined> {
  if (!runIdForm.test(name)) return undefined;
  const pointer = await store.readPointer(pointerOf(name));
  return tagSchema.safeParse(pointer?.target).data?.runId ?? undefined;
}

/**
 * Gives a tag to a run, or takes it away.
 * @param runId null: no run has it any more
 * @returns the run that had it
 */
export async function moveTag(
  store: TagStore,
  name: string,
  runId: string | null,
): Promise<string | undefined> {
  for (;;) {
    const seen = await store.readPointer(pointerOf(name));
    const { data: tag, error } = tagSchema.safeParse(seen?.target);
    const before = tag?.runId ?? undefined;
    if (before === (runId ?? undefined) && (seen === undefined || tag !== undefined)) return before;
    const target = { schemaVersion: 1, runId, taggedAt: new Date().toISOString() };
    // What is no tag is set aside.
    const from = seen && error ? misled(seen, 'it is no tag') : seen;
    if ((await store.movePointer(pointerOf(name), from, target)) !== undefined) return before;
  }
}

/** Every tag with its run, by name. */
export async function readTags(store: TagStore): Promise<{ name: string; runId: string }[]> {
  const names = await store.listPointers(folder);
  const tags = await Promise.all(
    names.map(async (name) => ({ name, runId: await runTagged(store, name) })),
  );
  return tags.flatMap(({ name, runId }) => (runId === undefined ? [] : [{ name, runId }]));
}

/**
 * The run that is meant by a name: the run of this name, else the champion where it means one, else
 * the one that has the tag.
 * @throws UserError where it means a champion, and there is none or several
 */
export async function runNamed(
  store: Pick<Store, 'hasRunFile'> & RegistryReader,
  name: string,
): Promise<string> {
  if (await store.hasRunFile(name, 'run.json')) return name;
  const run = (await championNamed(store, name))?.champion.run ?? (await runTagged(store, name));
  if (run === undefined && meansChampion(name)) throw noChampion(name);
  return run ?? name;
}
