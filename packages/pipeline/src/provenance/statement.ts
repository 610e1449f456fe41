import type { BlobRef, CodeIdentity, StageRecord } from '@atelier/artifacts';
import { digestSchema } from '@atelier/artifacts/blob-ref';
import { z } from 'zod';
import type { RunConfig } from '../run-configuration.ts';
import { runFileName } from '../run-store.ts';
import type { RunSource } from '../source/run-source.ts';
import type { Outcomes, RunIdentity, StageOutcome } from '../stages/index.ts';

/** Beside the model, in a run's folder and in what `fetch` brings. */
export const provenanceFile = 'model/provenance.json';

const digest = z.object({ sha256: digestSchema });

/**
 * What is said of a run's files, in the form of in-toto's statements
 * (https://github.com/in-toto/attestation, spec/v1/statement.md) with SLSA's provenance as the
 * predicate (https://slsa.dev/spec/v1.0/provenance): readers other than this one understand it.
 */
export const statementSchema = z.looseObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.strictObject({ name: runFileName, digest })).min(1),
  predicateType: z.literal('https://slsa.dev/provenance/v1'),
  predicate: z.looseObject({
    runDetails: z.looseObject({ metadata: z.looseObject({ invocationId: z.string() }) }),
  }),
});

export type Statement = z.infer<typeof statementSchema>;

/** What a finished run's provenance is made of. */
export interface FinishedRun {
  run: RunIdentity;
  config: RunConfig;
  /** What its dataset's followed files were. */
  source: RunSource | undefined;
  seed: number;
  outcomes: Partial<Outcomes>;
  /** The record of each stage's work, where it is still there. */
  records: Readonly<Record<string, StageRecord | undefined>>;
  files: Readonly<Record<string, BlobRef>>;
  finishedAt: string;
  /** The code of the worker that closes the run; that of each stage is in its record. */
  code: CodeIdentity;
}

/** Says of a run's files which data, settings, stages and code they come from, each by its digest. */
export function provenanceOf(finished: FinishedRun): Statement {
  const { run, config, source, seed, outcomes, records, files, finishedAt, code } = finished;
  const codes = [code, ...Object.values(records).flatMap((record) => record?.code ?? [])];
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjectsOf(files),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:atelier:training-pipeline:v1',
        externalParameters: { configuration: config, seed },
        internalParameters: {
          stages: Object.fromEntries(
            Object.entries(outcomes).map(([name, outcome]) => [
              name,
              stageOf(outcome, records[name]),
            ]),
          ),
        },
        resolvedDependencies: [
          ...inputsOf(config, source),
          ...distinct(codes).flatMap(codeAsDependency),
        ],
      },
      runDetails: {
        builder: { id: 'urn:atelier:worker' },
        metadata: { invocationId: run.runId, startedOn: run.startedAt, finishedOn: finishedAt },
      },
    },
  };
}

export const subjectsOf = (files: Readonly<Record<string, BlobRef>>): Statement['subject'] =>
  Object.entries(files).map(([name, { sha256 }]) => ({ name, digest: { sha256 } }));

/** A stage's work: by which run and code it was done, on what, where, and what came of it. */
const stageOf = (outcome: StageOutcome, record: StageRecord | undefined) => ({
  fingerprint: outcome.fingerprint,
  madeBy: outcome.madeBy,
  finishedAt: outcome.finishedAt,
  ...(record && {
    version: record.version,
    inputs: record.inputs,
    environment: record.environment,
    code: record.code,
  }),
  outputs: outcome.outputs,
});

interface Dependency {
  name: string;
  digest: Record<string, string>;
  annotations?: Record<string, unknown>;
}

const inputsOf = (
  { dataset, adopt, initialise }: RunConfig,
  source: RunSource | undefined,
): Dependency[] => [
  ...Object.values(dataset.files).flatMap((file) =>
    file.follow ? [] : [{ name: file.name, digest: { sha256: file.sha256 } }],
  ),
  ...Object.values(source?.files ?? {}).map(({ name, content }) => ({
    ...{ name, digest: { sha256: content.sha256 } },
  })),
  ...(adopt
    ? [
        {
          name: 'adopted checkpoint',
          digest: { sha256: adopt.checkpoint.sha256 },
          annotations: { training: adopt.training, epoch: adopt.epoch },
        },
      ]
    : []),
  ...(initialise ? [{ name: 'initial model', digest: { sha256: initialise.model.sha256 } }] : []),
];

function codeAsDependency({ sources, lockfile, commit, dirty }: CodeIdentity): Dependency[] {
  const checkout = { ...(commit && { gitCommit: commit }), sha256: sources };
  return [
    { name: 'sources', digest: checkout, ...(dirty !== undefined && { annotations: { dirty } }) },
    ...(lockfile ? [{ name: 'package-lock.json', digest: { sha256: lockfile } }] : []),
  ];
}

const distinct = (codes: readonly CodeIdentity[]): CodeIdentity[] => [
  ...new Map(codes.map((code) => [JSON.stringify(code), code])).values(),
];
