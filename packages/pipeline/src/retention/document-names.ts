import { blobRefSchema, digestSchema } from '@atelier/artifacts/blob-ref';
import { isOwn } from '@atelier/data/descriptor';
import { z } from 'zod';
import { isOver } from '../record/run-status.ts';

/** What a document of the store names, and so promises to be there. */
export interface Names {
  /** Bytes by digest. */
  blobs: Map<string, number>;
  /** Keys of stages' records. */
  records: string[];
  /** Fingerprints of trainings, with all their epochs. */
  trainings: string[];
}

const noNames = (): Names => ({ blobs: new Map(), records: [], trainings: [] });

const stageOutcome = z.looseObject({
  fingerprint: digestSchema,
  outputs: z.record(z.string(), blobRefSchema),
});

/** What a run or a schedule was told to do, of any version. */
const configurationSchema = z.looseObject({
  dataset: z
    .looseObject({
      format: z.string().optional(),
      mirrors: z.array(z.string()).optional().catch(undefined),
      files: z.unknown().optional(),
    })
    .optional(),
  adopt: z
    .looseObject({
      training: digestSchema,
      checkpoint: blobRefSchema,
      data: z.array(z.looseObject({})).optional(),
    })
    .optional(),
  network: z.looseObject({ module: blobRefSchema }).optional().catch(undefined),
  initialise: z.looseObject({ model: blobRefSchema }).optional(),
});

const runSchema = z.looseObject({
  status: z.string(),
  startedAt: z.iso.datetime(),
  startedBy: z
    .looseObject({ kind: z.string(), name: z.string().optional() })
    .optional()
    .catch(undefined),
  configuration: configurationSchema,
  stages: z.record(z.string(), stageOutcome).default({}),
  files: z.record(z.string(), blobRefSchema).default({}),
  /** What it found where its dataset's files are followed. */
  source: z.unknown().optional(),
});

/** What of a run decides whether it may be removed, and what it needs. */
export interface RunNames {
  status: string;
  startedAt: string;
  /** The run for which it trains a seed. */
  worksFor?: string;
  names: Names;
}

/** What run.json names; undefined where it is none. */
export function namesOfRun(json: unknown): RunNames | undefined {
  const run = runSchema.safeParse(json).data;
  if (run === undefined) return undefined;
  const { status, startedAt, stages, files, source, configuration } = run;
  const names = noNames();
  for (const [stage, { fingerprint, outputs }] of Object.entries(stages)) {
    names.records.push(`stages/${stage}/${fingerprint}.json`);
    addRefs(names, outputs);
  }
  addRefs(names, files);
  addRefs(names, source);
  addConfiguration(names, configuration, isOver(status));
  const { kind, name: worksFor } = run.startedBy ?? {};
  return { status, startedAt, ...(kind === 'run' && worksFor && { worksFor }), names };
}

/** What the nights of a schedule need that is configured so. */
export function namesOfConfiguration(json: unknown): Names {
  const names = noNames();
  const configuration = configurationSchema.safeParse(json).data;
  if (configuration) addConfiguration(names, configuration, false);
  return names;
}

function addConfiguration(
  names: Names,
  { adopt, dataset, initialise, network }: z.output<typeof configurationSchema>,
  isOver: boolean,
): void {
  addRefs(names, [initialise?.model, network?.module]);
  // What is published can be had again; a person's own images may be gone.
  if (dataset && isOwn(dataset)) addFiles(names, dataset.files);
  if (adopt === undefined) return;
  addRefs(names, [adopt.checkpoint, adopt.data]);
  // It may still have to copy what it adopts.
  if (!isOver) names.trainings.push(adopt.training);
}

/** What training.json, source.json or a note of a run about one of its stages names. */
export function namesOfNote(stage: string, json: unknown): Names {
  const names = noNames();
  const { fingerprint } = z.looseObject({ fingerprint: digestSchema }).safeParse(json).data ?? {};
  if (fingerprint !== undefined) names.records.push(`stages/${stage}/${fingerprint}.json`);
  if (fingerprint !== undefined && stage === 'train') names.trainings.push(fingerprint);
  addRefs(names, json);
  return names;
}

/** What a stage's record promises: its outputs. Its inputs are others' outputs. */
export function namesOfRecord(json: unknown): Names {
  const names = noNames();
  addRefs(names, (json as { outputs?: unknown } | null)?.outputs);
  return names;
}

/**
 * The checkpoints of a history, or of an epoch's record.
 * @param but digests of those that need not be there
 */
export function namesOfEpochs(json: unknown, but: ReadonlySet<string>): Names {
  const names = noNames();
  addRefs(names, json);
  for (const sha256 of but) names.blobs.delete(sha256);
  return names;
}

/** The runs that a pointer, or anything else of the registry, names. */
export function runsOfPointer(json: unknown): string[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) =>
    (key === 'runId' || key === 'run') && typeof value === 'string'
      ? [value]
      : runsOfPointer(value),
  );
}

const decisionSchema = z.looseObject({
  champion: z.looseObject({ run: z.string() }),
  previous: z.looseObject({ run: z.string() }).nullable(),
});

/** The runs that a decision of a registry leaves in use, or to go back to; undefined where it is none. */
export function runsOfDecision(json: unknown): string[] | undefined {
  const { champion, previous } = decisionSchema.safeParse(json).data ?? {};
  if (champion === undefined) return undefined;
  return previous ? [champion.run, previous.run] : [champion.run];
}

/** The files of a dataset, which have names besides. */
function addFiles(names: Names, files: unknown): void {
  const known = z.record(z.string(), z.looseObject(blobRefSchema.shape)).safeParse(files).data;
  for (const { sha256, bytes } of Object.values(known ?? {})) names.blobs.set(sha256, bytes);
}

/** Every `{ sha256, bytes }` within a value. */
function addRefs(names: Names, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  // Of most values a look says that they are none.
  const ref = 'sha256' in value ? blobRefSchema.safeParse(value).data : undefined;
  if (ref) names.blobs.set(ref.sha256, ref.bytes);
  else for (const inner of Object.values(value)) addRefs(names, inner);
}
