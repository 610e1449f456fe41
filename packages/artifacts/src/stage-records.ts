import { isDeepStrictEqual } from 'node:util';
import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import { type BlobRef, blobRefSchema, digestSchema, makerSchema } from './blob-ref.ts';
import { codeIdentitySchema } from './code-identity.ts';
import { type Document, getDocument, putDocument } from './documents.ts';
import { canonicalJson, fingerprint as fingerprintOf, type Json } from './fingerprint.ts';
import type { Objects } from './objects.ts';
import { replace, setAside } from './set-aside.ts';
import { openSweepDocuments, type SweepDocuments } from './sweep-documents.ts';

type Refs = Record<string, BlobRef>;

/** What a store is told of a stage, whose results it keeps without knowing them. */
export interface StageSchemas<Outputs extends Refs = Refs, Summary = unknown> {
  name: string;
  /** The artifacts: the same whenever they are computed again. */
  outputs: z.ZodType<Outputs>;
  /** A few numbers for people and for the workflow. */
  summary: z.ZodType<Summary>;
}

const jsonSchema: z.ZodType<Json> = z.json();

/**
 * The promise that a stage's work is done and that all it names exists. `inputs` alone decide the
 * fingerprint; `outputs` are the same whenever they are computed again; the rest tells how it went.
 */
export const stageRecordSchema = <Outputs extends Refs, Summary>({
  outputs,
  summary,
}: Omit<StageSchemas<Outputs, Summary>, 'name'>) =>
  z.strictObject({
    schemaVersion: z.literal(1),
    stage: z.string(),
    /** Of `stage`, `version` and `inputs`. */
    fingerprint: digestSchema,
    /** Version of the stage's code. */
    version: z.number().int(),
    inputs: z.record(z.string(), jsonSchema.optional()),
    outputs,
    summary,
    /** Where it was computed: versions, device, CPU features. */
    environment: jsonSchema,
    /** By which code; absent in records of versions that did not write it. */
    code: codeIdentitySchema.optional(),
    madeBy: makerSchema,
    timing: z.strictObject({
      startedAt: z.iso.datetime(),
      finishedAt: z.iso.datetime(),
      seconds: z.number().nonnegative(),
    }),
  });

export type StageRecord<Outputs extends Refs = Refs, Summary = unknown> = z.infer<
  ReturnType<typeof stageRecordSchema<Outputs, Summary>>
>;

/** What a record of any version of a stage has. */
const anyVersion = { outputs: z.record(z.string(), blobRefSchema), summary: z.unknown() };

export interface StageRecords {
  /** An unreadable record promises nothing: it counts as none. */
  readStage<Outputs extends Refs, Summary>(
    stage: StageSchemas<Outputs, Summary>,
    fingerprint: string,
  ): Promise<StageRecord<Outputs, Summary> | undefined>;
  /**
   * Moves a stage's record out of the way for inspection where it is unreadable; says what is
   * wrong with it and where it lies now. Undefined where there is none, or a readable one.
   */
  setUnreadableStageAside(
    stage: StageSchemas,
    fingerprint: string,
  ): Promise<{ problem: string; aside: string } | undefined>;
  /**
   * Moves a stage's record out of the way for inspection.
   * @param judged what was read there and found wrong. Another that has taken its place since stays
   * @returns where to; undefined where nothing was moved
   */
  setStageAside<Outputs extends Refs, Summary>(
    stage: StageSchemas<Outputs, Summary>,
    judged: StageRecord<Outputs, Summary>,
  ): Promise<string | undefined>;
  /**
   * Commits a record. Where another attempt was first, that attempt's record is returned if it
   * names the same outputs; one that names other outputs is set aside and replaced.
   */
  commitStage<Outputs extends Refs, Summary>(
    stage: StageSchemas<Outputs, Summary>,
    record: StageRecord<Outputs, Summary>,
  ): Promise<StageRecord<Outputs, Summary>>;
  /** The most recent records of all of a stage's versions, newest first, but unreadable ones. */
  recentStages(name: string, limit: number): Promise<StageRecord[]>;
}

const recordKey = (stage: string, fingerprint: string): string =>
  `stages/${stage}/${fingerprint}.json`;

const fingerprintIn = /^([0-9a-f]{64})\.json$/;

export function openStageRecords(
  objects: Objects,
  sweeps: Pick<SweepDocuments, 'outliveSweep'> = openSweepDocuments(objects),
): StageRecords {
  const find = <Outputs extends Refs, Summary>(
    { name, ...schemas }: StageSchemas<Outputs, Summary>,
    fingerprint: string,
  ): Promise<Document<StageRecord<Outputs, Summary>> | undefined> => {
    const schema = stageRecordSchema(schemas)
      .refine(
        (record) => record.stage === name && record.fingerprint === fingerprint,
        'it is of other work',
      )
      .refine(
        ({ stage, version, inputs }) =>
          fingerprintOf({ stage, version, inputs } as Json) === fingerprint,
        'its inputs are not those of its fingerprint',
      );
    return getDocument(objects, recordKey(name, fingerprint), schema);
  };

  const readStage: StageRecords['readStage'] = async (stage, fingerprint) =>
    (await find(stage, fingerprint))?.value;

  const commitOnce: StageRecords['commitStage'] = async (stage, record) => {
    const { fingerprint } = record;
    const key = recordKey(stage.name, fingerprint);
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
  };

  return {
    readStage,
    async setUnreadableStageAside(stage, fingerprint) {
      const found = await find(stage, fingerprint);
      if (found?.problem === undefined) return undefined;
      const aside = await setAside(objects, recordKey(stage.name, fingerprint), found);
      return aside === undefined ? undefined : { problem: found.problem, aside };
    },
    async setStageAside(stage, judged) {
      const found = await find(stage, judged.fingerprint);
      if (found === undefined || !isDeepStrictEqual(found.value, judged)) return undefined;
      return setAside(objects, recordKey(stage.name, judged.fingerprint), found);
    },
    async commitStage(stage, record) {
      const key = recordKey(stage.name, record.fingerprint);
      for (;;) {
        const committed = await commitOnce(stage, record);
        await sweeps.outliveSweep((each) => each === key);
        if ((await objects.etag(key)) !== undefined) return committed;
      }
    },
    async recentStages(name, limit) {
      // The epochs of every training lie further down.
      const all = await objects.listFiles(`stages/${name}/`);
      const fingerprints = all
        .sort((a, b) => b.modified.getTime() - a.modified.getTime())
        .flatMap(({ key }) => fingerprintIn.exec(key.slice(`stages/${name}/`.length))?.[1] ?? [])
        .slice(0, limit);
      const found = await Promise.all(
        fingerprints.map((it) => readStage({ name, ...anyVersion }, it)),
      );
      return found.flatMap((entry) => (entry ? [entry] : []));
    },
  };
}

/** Whether two records promise the same artifacts. */
export const sameOutputs = (
  a: Pick<StageRecord, 'outputs'>,
  b: Pick<StageRecord, 'outputs'>,
): boolean => canonicalJson(a.outputs) === canonicalJson(b.outputs);
