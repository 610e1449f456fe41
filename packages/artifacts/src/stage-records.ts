import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import { blobRefSchema } from './blob-ref.ts';
import { getDocument, putDocument } from './documents.ts';
import { canonicalJson, type Json } from './fingerprint.ts';
import type { Objects } from './objects.ts';
import { replace, setAside } from './set-aside.ts';

/**
 * The promise that a stage's work is done and that all it names exists. `inputs` alone decide the
 * fingerprint; `outputs` are the same whenever they are computed again; the rest tells how it went.
 */
export const stageRecordSchema = z.strictObject({
  schemaVersion: z.literal(1),
  stage: z.string(),
  fingerprint: z.string(),
  /** Version of the stage's code; part of `inputs`. */
  version: z.number().int(),
  inputs: z.record(z.string(), z.json()),
  outputs: z.record(z.string(), blobRefSchema),
  /** A few numbers for people and for the workflow. */
  summary: z.record(z.string(), z.json()),
  /** Where it was computed: versions, device, CPU features. */
  environment: z.json(),
  madeBy: z.string(),
  timing: z.strictObject({
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    seconds: z.number(),
  }),
});

export type StageRecord = z.infer<typeof stageRecordSchema>;

export interface StageRecords {
  /** An unreadable record promises nothing: it counts as none. */
  readStage(stage: string, fingerprint: string): Promise<StageRecord | undefined>;
  /**
   * Moves a stage's record out of the way for inspection where it is unreadable; says what is
   * wrong with it and where it lies now. Undefined where there is none, or a readable one.
   */
  setUnreadableStageAside(
    stage: string,
    fingerprint: string,
  ): Promise<{ problem: string; aside: string } | undefined>;
  /**
   * Commits a record. Where another attempt was first, that attempt's record is returned if it
   * names the same outputs; one that names other outputs is set aside and replaced.
   */
  commitStage(record: StageRecord): Promise<StageRecord>;
  /** The stage's most recent records, newest first; unreadable ones are left out. */
  recentStages(stage: string, limit: number): Promise<StageRecord[]>;
}

const recordKey = (stage: string, fingerprint: string): string =>
  `stages/${stage}/${fingerprint}.json`;

const fingerprintIn = /^([0-9a-f]{64})\.json$/;

const recordOf = (stage: string, fingerprint: string) =>
  stageRecordSchema.refine(
    (record) => record.stage === stage && record.fingerprint === fingerprint,
    'it is of other work',
  );

export function openStageRecords(objects: Objects): StageRecords {
  const find = (stage: string, fingerprint: string) =>
    getDocument(objects, recordKey(stage, fingerprint), recordOf(stage, fingerprint));

  const readStage = async (stage: string, fingerprint: string): Promise<StageRecord | undefined> =>
    (await find(stage, fingerprint))?.value;

  return {
    readStage,
    async setUnreadableStageAside(stage, fingerprint) {
      const found = await find(stage, fingerprint);
      if (found?.problem === undefined) return undefined;
      const aside = await setAside(objects, recordKey(stage, fingerprint), found);
      return aside === undefined ? undefined : { problem: found.problem, aside };
    },
    async commitStage(record) {
      const { stage, fingerprint } = record;
      const key = recordKey(stage, fingerprint);
      if ((await putDocument(objects, key, record, 'absent')) !== undefined) return record;
      const found = await find(stage, fingerprint);
      if (found?.value && sameOutputs(found.value, record)) return found.value;
      const put = found
        ? await replace(objects, key, found, record)
        : await putDocument(objects, key, record, 'absent');
      if (put !== undefined) return record;
      const quicker = await readStage(stage, fingerprint);
      if (quicker && sameOutputs(quicker, record)) return quicker;
      throw new WorldError({
        what: 'Two attempts committed different records of the same work at the same time.',
        where: `${objects.bucket}/${key}`,
      });
    },
    async recentStages(stage, limit) {
      // The epochs of every training lie further down.
      const all = await objects.listFiles(`stages/${stage}/`);
      const fingerprints = all
        .sort((a, b) => b.modified.getTime() - a.modified.getTime())
        .flatMap(({ key }) => fingerprintIn.exec(key.slice(`stages/${stage}/`.length))?.[1] ?? [])
        .slice(0, limit);
      const found = await Promise.all(fingerprints.map((name) => readStage(stage, name)));
      return found.flatMap((entry) => (entry ? [entry] : []));
    },
  };
}

/** Whether two records promise the same artifacts. */
export const sameOutputs = (
  a: Pick<StageRecord, 'outputs'>,
  b: Pick<StageRecord, 'outputs'>,
): boolean => canonicalJson(a.outputs as Json) === canonicalJson(b.outputs as Json);
