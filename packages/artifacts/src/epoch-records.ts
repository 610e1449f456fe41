import { isDeepStrictEqual } from 'node:util';
import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import { blobRefSchema, digestSchema, makerSchema } from './blob-ref.ts';
import { blobKey } from './blobs.ts';
import { getDocument, putDocument } from './documents.ts';
import type { Objects } from './objects.ts';
import { setAside } from './set-aside.ts';
import { openSweepDocuments, type SweepDocuments } from './sweep-documents.ts';
import { expectAgain } from './thinned-checkpoints.ts';

/** What a store is told of epochs, which it keeps without knowing them. */
export interface EpochSchemas<Metrics, Environment> {
  /** Losses, accuracies, learning rate: equal whenever the epoch is computed again. */
  metrics: z.ZodType<Metrics>;
  /** Where it was computed. */
  environment: z.ZodType<Environment>;
}

/** An epoch's record. */
export const epochCommitSchema = <Metrics, Environment>({
  metrics,
  environment,
}: EpochSchemas<Metrics, Environment>) =>
  z.strictObject({
    schemaVersion: z.literal(1),
    epoch: z.int().positive(),
    metrics,
    checkpoint: blobRefSchema,
    seconds: z.number().nonnegative(),
    environment,
    madeBy: makerSchema,
    /** The training that it was trained in, where another one adopted it. */
    adoptedFrom: digestSchema.optional(),
  });

/** The promise that an epoch of a training is done and its checkpoint stored. */
export type EpochCommit<Metrics = unknown, Environment = unknown> = z.infer<
  ReturnType<typeof epochCommitSchema<Metrics, Environment>>
>;

/** Another attempt committed other work under the same name: this one must end itself. */
export class Overtaken extends WorldError {}

export interface EpochRecords<Metrics = unknown, Environment = unknown> {
  /** One commit of a training; undefined where there is none, or an unreadable one. */
  readEpoch(
    training: string,
    epoch: number,
  ): Promise<EpochCommit<Metrics, Environment> | undefined>;
  /** Every readable commit of a training, and what is unreadable, with its key, by epoch. */
  readEpochs(training: string): Promise<{
    commits: EpochCommit<Metrics, Environment>[];
    unreadable: { epoch: number; key: string; problem: string }[];
  }>;
  /**
   * Commits an epoch; doing so again with the same checkpoint is no error.
   * @throws Overtaken where the epoch is committed with another checkpoint: this attempt
   *   has been overtaken and must end
   */
  commitEpoch(training: string, commit: EpochCommit<Metrics, Environment>): Promise<void>;
  /**
   * Moves an epoch's record out of the way for inspection.
   * @param judged what was read there and found bad; undefined where it could not be read. Another
   *   record that has taken its place since stays
   * @returns where to; undefined where nothing was moved
   */
  setEpochAside(
    training: string,
    epoch: number,
    judged?: EpochCommit<Metrics, Environment>,
  ): Promise<string | undefined>;
  /**
   * Moves all epochs' records that other runs made here out of the way, once for each run: what a run
   * commits after its first call, a later call keeps. Adopted ones stay.
   */
  beginAfresh(training: string, run: string): Promise<void>;
}

/** Bytes: a record has about a thousand, and a training may have a hundred thousand records. */
const longestRecord = 64 * 1024;

const folder = (training: string): string => `stages/train/${training}/epochs/`;

const epochKey = (training: string, epoch: number): string =>
  `${folder(training)}${String(epoch).padStart(4, '0')}.json`;

export function openEpochRecords<Metrics, Environment>(
  objects: Objects,
  schemas: EpochSchemas<Metrics, Environment>,
  sweeps: Pick<SweepDocuments, 'outliveSweep'> = openSweepDocuments(objects),
): EpochRecords<Metrics, Environment> {
  const schema = epochCommitSchema(schemas);
  const read = (key: string) => getDocument(objects, key, schema, longestRecord);
  async function commitOnce(key: string, commit: EpochCommit): Promise<void> {
    if ((await putDocument(objects, key, commit, 'absent')) !== undefined) return;
    const existing = await read(key);
    if (existing?.value?.checkpoint.sha256 === commit.checkpoint.sha256) return;
    throw new Overtaken({
      what: `Epoch ${commit.epoch} is already committed with another checkpoint.`,
      where: `${objects.bucket}/${key}`,
      expected: commit.checkpoint.sha256,
      found: existing?.value?.checkpoint.sha256 ?? 'no readable record',
      remedy: 'none: another attempt has overtaken this one, which ends',
    });
  }

  return {
    async readEpoch(training, epoch) {
      const found = (await read(epochKey(training, epoch)))?.value;
      return found?.epoch === epoch ? found : undefined;
    },
    async readEpochs(training) {
      const commits: EpochCommit<Metrics, Environment>[] = [];
      const unreadable: { epoch: number; key: string; problem: string }[] = [];
      const keys = (await objects.list(folder(training))).map(({ key }) => key);
      const readings = keys.map(async (key) => {
        const epoch = Number.parseInt(key.slice(folder(training).length), 10);
        if (!Number.isInteger(epoch) || key !== epochKey(training, epoch)) return;
        const found = await read(key);
        if (found === undefined) return;
        if (found.value?.epoch === epoch) commits.push(found.value);
        else {
          const problem = found.problem ?? `it is of ${found.value.epoch}`;
          unreadable.push({ epoch, key, problem });
        }
      });
      await Promise.all(readings);
      const byEpoch = (a: { epoch: number }, b: { epoch: number }) => a.epoch - b.epoch;
      return { commits: commits.sort(byEpoch), unreadable: unreadable.sort(byEpoch) };
    },
    async commitEpoch(training, commit) {
      const key = epochKey(training, commit.epoch);
      const named = [key, blobKey(commit.checkpoint)];
      for (;;) {
        await commitOnce(key, commit);
        await sweeps.outliveSweep((each) => named.includes(each));
        if ((await objects.etag(key)) !== undefined) return;
      }
    },
    async setEpochAside(training, epoch, judged) {
      const key = epochKey(training, epoch);
      const found = await read(key);
      const isReadable = found?.value?.epoch === epoch;
      const isJudged = judged ? isDeepStrictEqual(found?.value, judged) : !isReadable;
      return found && isJudged ? setAside(objects, key, found) : undefined;
    },
    async beginAfresh(training, run) {
      const marker = `stages/train/${training}/fresh/${run}.json`;
      if ((await objects.size(marker)) !== undefined) return;
      const begun = new Date().toISOString();
      const again = new Set<string>();
      for (const { key } of await objects.list(folder(training))) {
        // An attempt that comes back from the dead must not take what its successor committed.
        const found = await read(key);
        const stays = found?.value?.madeBy === run || found?.value?.adoptedFrom !== undefined;
        if (found === undefined || stays) continue;
        if (found.value) again.add(found.value.checkpoint.sha256);
        await setAside(objects, key, found);
      }
      await expectAgain(objects, training, again);
      await putDocument(objects, marker, { schemaVersion: 1, run, begun }, 'absent');
    },
  };
}
