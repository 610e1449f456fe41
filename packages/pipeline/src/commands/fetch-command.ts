import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { blobRefSchema, parseDocument } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import { fileFailure } from '@atelier/files';
import { z } from 'zod';
import { checkRunId } from '../configuration/run-id.ts';
import { readLatestRun } from '../latest-run.ts';
import { runIdOf } from '../names.ts';
import { runFileName, type Store } from '../run-store.ts';
import type { Console } from '../terminal/console.ts';
import { asUsage } from '../terminal/exit.ts';
import { withStore } from './services.ts';

export interface FetchOptions {
  out?: string;
  json?: boolean;
}

/** The part of run.json that fetching reads. */
const runRecordSchema = z.looseObject({
  runId: z.string(),
  status: z.string(),
  files: z.record(runFileName, blobRefSchema).default({}),
});

/** Brings a run's files out of object storage, every one verified by its digest. */
export async function fetchRun(
  run: string | undefined,
  { out, json = false }: FetchOptions,
  console: Console,
): Promise<void> {
  const named =
    run === undefined || run === 'latest'
      ? undefined
      : await asUsage(() => checkRunId(runIdOf(run), 'the run'));
  await withStore(console, async (store) => {
    const runId = named ?? (await latestFinished(store));
    const { content, record } = await readRunRecord(store, runId);
    const directory = resolve(out ?? runId);
    await mkdir(directory, { recursive: true }).catch((error: unknown) => {
      throw fileFailure(error, directory, 'where the files go (--out)');
    });
    await writeFile(join(directory, 'run.json'), content);
    for (const [name, ref] of Object.entries(record.files)) {
      console.status(`  ${name}`);
      await store.getBlobToFile(ref, join(directory, name));
    }
    console.line(`The files of run ${runId} are in ${directory}`);
    for (const [name, { bytes }] of Object.entries(record.files))
      console.line(`  ${name.padEnd(36)} ${kibibytes(bytes).padStart(10)}`);
    if (json)
      console.result(JSON.stringify({ runId, directory, files: Object.keys(record.files) }));
  });
}

const kibibytes = (bytes: number): string => `${Math.ceil(bytes / 1024).toLocaleString('en')} KiB`;

async function latestFinished(store: Store): Promise<string> {
  const latest = await readLatestRun(store);
  if (latest !== undefined) return latest.runId;
  throw new UserError({
    what: 'No run is finished yet.',
    where: `s3://${store.bucket}/registry/latest.json`,
    remedy: '`npx atelier runs` lists all runs',
  });
}

async function readRunRecord(store: Store, runId: string) {
  const content = await store.getRunFile(runId, 'run.json');
  if (content === undefined)
    throw new UserError({
      what: `There is no run ${runId}.`,
      where: `s3://${store.bucket}/runs/${runId}/run.json`,
      remedy: '`npx atelier runs` lists all runs',
    });
  const record = checkRecord(content, `s3://${store.bucket}/runs/${runId}/run.json`);
  if (record.files['report.html'] !== undefined) return { content, record };
  throw new UserError({
    what: `Run ${runId} has no report.`,
    found: `the run is ${record.status}`,
    remedy: `\`npx atelier follow ${runId}\` shows how it goes`,
  });
}

/** Checked, because it says what is written where on this machine. */
function checkRecord(content: Buffer, where: string): z.infer<typeof runRecordSchema> {
  const { value, problem } = parseDocument(content, runRecordSchema);
  if (problem === undefined) return value;
  throw new UserError({
    what: "The run's record cannot be used.",
    where,
    expected: 'a run.json as Atelier writes it',
    found: problem,
    remedy: 'start a run with the same settings: it writes its files anew, and redoes no work',
  });
}
