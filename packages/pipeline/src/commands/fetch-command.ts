import { resolve } from 'node:path';
import { blobRefSchema, type Parsed } from '@atelier/artifacts';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { checkRunId } from '../configuration/run-id.ts';
import { readLatestRun } from '../latest-run.ts';
import { runIdOf } from '../names.ts';
import { keyId } from '../provenance/envelope.ts';
import { readPublicKey } from '../provenance/keys.ts';
import { requireSignature, signatureFile } from '../provenance/run-signature.ts';
import { runFileName, type Store } from '../run-store.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { withStore } from './services.ts';
import { writeRunFiles } from './write-run-files.ts';

export interface FetchOptions {
  out?: string;
  force?: boolean;
  /** Path of the public key that has to have signed the run; the environment may demand one, too. */
  verify?: string;
  json?: boolean;
}

/** What lies beside a run's other files and is not named in its record. */
const reserved = ['run.json', signatureFile];

function areFiles(files: Record<string, unknown>): boolean {
  const names = Object.keys(files);
  const isFolder = (name: string): boolean => names.some((other) => other.startsWith(`${name}/`));
  return names.every((name) => !reserved.includes(name) && !isFolder(name));
}

/** The part of run.json that fetching reads. */
const runRecordSchema = z.looseObject({
  runId: z.string(),
  status: z.string(),
  files: z
    .record(runFileName, blobRefSchema)
    .refine(
      areFiles,
      `expected names of which none is the folder of another, nor ${reserved.join(', ')}`,
    )
    .default({}),
});

/** Brings a run's files out of object storage, every one verified by its digest. */
export async function fetchRun(
  run: string | undefined,
  { out, force = false, verify = readEnvironment().verifyKey, json = false }: FetchOptions,
  console: Console,
): Promise<void> {
  const named =
    run === undefined || run === 'latest'
      ? undefined
      : await asUsage(() => checkRunId(runIdOf(run), 'the run'));
  const key = verify === undefined ? undefined : await readPublicKey(verify);
  await withStore(console, async (store) => {
    const runId = named ?? (await latestFinished(store));
    const { content, record } = await readRunRecord(store, runId);
    const signature = await store.getRunFile(runId, signatureFile);
    if (key !== undefined) {
      const where = `s3://${store.bucket}/runs/${runId}/${signatureFile}`;
      requireSignature({ runId, content, files: record.files }, signature, key, where);
    }
    const directory = resolve(out ?? runId);
    const files = {
      ...record.files,
      ...(signature && { [signatureFile]: signature }),
      'run.json': content,
    };
    const replaced = await writeRunFiles(store, directory, files, force, console);
    console.line(`The files of run ${runId} are in ${directory}`);
    for (const [name, { bytes }] of Object.entries(record.files)) {
      const how = replaced.has(name) ? '  replaced' : '';
      console.line(`  ${name.padEnd(36)} ${kibibytes(bytes).padStart(10)}${how}`);
    }
    if (key !== undefined) console.line(`They are as key ${keyId(key)} has signed them.`);
    if (json)
      console.result(JSON.stringify({ runId, directory, files: Object.keys(record.files) }));
  });
}

const kibibytes = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString('en')} KiB`;

export async function latestFinished(store: Store): Promise<string> {
  const { run, problem } = await readLatestRun(store);
  if (run !== undefined) return run.runId;
  throw new UserError({
    what: problem ? 'It is not known which run is the latest.' : 'No run is finished yet.',
    where: `s3://${store.bucket}/registry/latest.json`,
    ...(problem && { found: problem }),
    remedy: problem
      ? 'name a run: `npx atelier runs` lists them all; the next one that finishes mends this'
      : '`npx atelier runs` lists all runs',
  });
}

/** A finished run's record. @throws UserError where there is none, or no report yet */
export async function readRunRecord(store: Store, runId: string) {
  const found = await store.readRunDocument(runId, 'run.json', runRecordSchema);
  if (found === undefined)
    throw new UserError({
      what: `There is no run ${runId}.`,
      where: `s3://${store.bucket}/runs/${runId}/run.json`,
      remedy: '`npx atelier runs` lists all runs',
    });
  const record = checkRecord(found, `s3://${store.bucket}/runs/${runId}/run.json`);
  if (record.files['report.html'] !== undefined) return { content: found.content!, record };
  throw new UserError({
    what: `Run ${runId} has no report.`,
    found: `the run is ${record.status}`,
    remedy: `\`npx atelier follow ${runId}\` shows how it goes`,
  });
}

/** Checked, because it says what is written where on this machine. */
function checkRecord(
  { value, problem }: Parsed<z.infer<typeof runRecordSchema>>,
  where: string,
): z.infer<typeof runRecordSchema> {
  if (problem === undefined) return value;
  throw new UserError({
    what: "The run's record cannot be used.",
    where,
    expected: 'a run.json as Atelier writes it',
    found: problem,
    remedy: 'start a run with the same settings: it writes its files anew, and redoes no work',
  });
}
