import { isDeepStrictEqual } from 'node:util';
import { type BlobRef, sha256 } from '@atelier/artifacts';
import { blobRefSchema } from '@atelier/artifacts/blob-ref';
import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import { readRunRecord } from '../record/read-run-record.ts';
import type { Store } from '../run-store.ts';
import type { Decision } from './decision.ts';
import { advancePointer, folderOf, type LogStore, type Registry } from './decision-log.ts';
import { listRegistries } from './find-champion.ts';

/** `champion/<dataset>/<name>/manifest.json`: what the files beside it are, written after them. */
const manifestSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Of the decision that made it the champion. */
  number: z.int().min(1),
  run: z.string(),
  publishedAt: z.iso.datetime(),
  /** By their names here. */
  files: z.record(z.string().regex(/^[\w-][\w.-]*$/), blobRefSchema),
});

type PublishingStore = LogStore &
  Pick<
    Store,
    | 'readRunDocument'
    | 'getBlob'
    | 'readManifest'
    | 'writeManifest'
    | 'readPublished'
    | 'putPublished'
  >;

/** Times that the files are written while others write them, too. */
const mostTries = 10;

/**
 * Makes the newest decision known to those who do not read the log: moves the pointer, and puts the
 * champion's files at the address that stays. Whoever comes next does what somebody left undone.
 * @returns the newest decision; undefined where there is none
 * @throws WorldError where others write other files all the time
 */
export async function makeKnown(
  store: PublishingStore,
  registry: Registry,
): Promise<Decision | undefined> {
  const folder = folderOf(registry);
  for (let tries = 0; tries < mostTries; tries++) {
    // Read before the decision, which is therefore not older than what the manifest tells of.
    const manifest = await store.readManifest(folder, manifestSchema);
    const decision = await advancePointer(store, registry);
    if (decision === undefined) return undefined;
    const files = await modelFiles(store, decision);
    const { number, run, files: told } = manifest?.value ?? {};
    const isTold = number === decision.since && run === decision.champion.run;
    if (isTold && isDeepStrictEqual(told, files) && (await areThere(store, folder, files)))
      return decision;
    for (const [name, ref] of Object.entries(files))
      await store.putPublished(folder, name, await store.getBlob(ref));
    await store.writeManifest(folder, manifest, {
      ...{ schemaVersion: 1, number: decision.since, run: decision.champion.run },
      ...{ publishedAt: new Date().toISOString(), files },
    });
    // Looked at once more: somebody slower may have put older files over these.
  }
  throw new WorldError({
    what: `The files of the ${registry.name} of ${registry.dataset} are changed again and again.`,
    where: `${store.bucket}/champion/${folder}`,
    remedy: 'look who writes there',
  });
}

/** The same for all registries, for whoever died between a decision and this. */
export async function makeAllKnown(
  store: PublishingStore & Pick<Store, 'listLogs'>,
): Promise<void> {
  for (const registry of await listRegistries(store)) await makeKnown(store, registry);
}

/** What lies in a run's folder `model/`. */
async function modelFiles(
  store: Pick<Store, 'readRunDocument' | 'bucket'>,
  { champion }: Decision,
): Promise<Record<string, BlobRef>> {
  const { files } = await readRunRecord(store, champion.run);
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, ref]) => {
      const [, inner] = /^model\/([^/]+)$/.exec(name) ?? [];
      return inner === undefined ? [] : [[inner, ref]];
    }),
  );
}

async function areThere(
  store: Pick<Store, 'readPublished'>,
  folder: string,
  files: Readonly<Record<string, BlobRef>>,
): Promise<boolean> {
  for (const [name, ref] of Object.entries(files)) {
    const content = await store.readPublished(folder, name, ref.bytes);
    if (content === undefined || sha256(content) !== ref.sha256) return false;
  }
  return true;
}
