import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import { blobRefSchema } from './blobs.ts';
import { getDocument, putDocument } from './documents.ts';
import { canonicalJson, type Json } from './fingerprint.ts';
import type { Objects } from './objects.ts';
import { setAside } from './set-aside.ts';

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
  readStage(stage: string, fingerprint: string): Promise<StageRecord | undefined>;
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

export function openStageRecords(objects: Objects): StageRecords {
  // An unreadable record promises nothing: it counts as none.
  const read = async (key: string): Promise<StageRecord | undefined> =>
    (await getDocument(objects, key, stageRecordSchema))?.value;

  return {
    readStage: (stage, fingerprint) => read(recordKey(stage, fingerprint)),
    async commitStage(record) {
      const key = recordKey(record.stage, record.fingerprint);
      if ((await putDocument(objects, key, record, 'absent')) !== undefined) return record;
      const existing = await read(key);
      if (existing && sameOutputs(existing, record)) return existing;
      await setAside(objects, key);
      if ((await putDocument(objects, key, record, 'absent')) !== undefined) return record;
      throw new WorldError({
        what: 'Two attempts committed different records of the same work at the same time.',
        where: `${objects.bucket}/${key}`,
      });
    },
    async recentStages(stage, limit) {
      // The epochs of every training lie further down.
      const all = await objects.listFiles(`stages/${stage}/`);
      const records = all
        .filter(({ key }) => /^[0-9a-f]{64}\.json$/.test(key.slice(`stages/${stage}/`.length)))
        .sort((a, b) => b.modified.getTime() - a.modified.getTime())
        .slice(0, limit);
      const found = await Promise.all(records.map(({ key }) => read(key)));
      return found.flatMap((entry) => (entry ? [entry] : []));
    },
  };
}

/** Whether two records promise the same artifacts. */
export const sameOutputs = (
  a: Pick<StageRecord, 'outputs'>,
  b: Pick<StageRecord, 'outputs'>,
): boolean => canonicalJson(a.outputs as Json) === canonicalJson(b.outputs as Json);
