import type { KeyObject } from 'node:crypto';
import { blobRefSchema, type Parsed } from '@atelier/artifacts';
import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { z } from 'zod';
import { checkRunId } from '../configuration/run-id.ts';
import { readLatestRun } from '../latest-run.ts';
import { runIdOf } from '../names.ts';
import { readPublicKey } from '../provenance/keys.ts';
import { type RecordedRun, requireSignature, signatureFile } from '../provenance/run-signature.ts';
import { runNamed } from '../record/tags.ts';
import { runFileName, type Store } from '../run-store.ts';
import { asUsage } from '../terminal/exit.ts';

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

/**
 * The id of the run that a command was given; undefined where the latest is meant.
 * @param what names the argument in errors
 */
export const namedRun = async (
  run: string | undefined,
  what: string,
): Promise<string | undefined> =>
  run === undefined || run === 'latest' ? undefined : asUsage(() => checkRunId(runIdOf(run), what));

/**
 * The id of a run that is never guessed.
 * @param purpose as in "the run to sign"
 */
export const requiredRun = (run: string | undefined, purpose: string): Promise<string> =>
  asUsage(() => {
    if (run !== undefined && run !== 'latest') return checkRunId(runIdOf(run), 'the run');
    throw new UserError({
      what: run ? 'Which run is the latest may have changed meanwhile.' : 'A run is missing.',
      expected: `the name of ${purpose}`,
      ...(run && { found: run, remedy: '`npx atelier show latest` shows its name' }),
    });
  });

/**
 * The id of a run that is to be read.
 * @param named its id or a tag; the finished run that was started last unless given
 */
export const runMeant = async (store: Store, named: string | undefined): Promise<string> =>
  named === undefined ? latestFinished(store) : runNamed(store, named);

/**
 * A finished run as it lies in the store.
 * @param named its id or a tag; the run that was started last unless given
 * @throws UserError where there is none, or no report yet
 */
export async function finishedRun(store: Store, named: string | undefined): Promise<RecordedRun> {
  const runId = await runMeant(store, named);
  const { content, record } = await readFetchable(store, runId);
  return { runId, content, files: record.files };
}

/**
 * The same with its signatures, if there are any.
 * @param key whose owner has to have signed it
 */
export async function signedRun(
  store: Store,
  named: string | undefined,
  key?: KeyObject,
): Promise<{ recorded: RecordedRun; signature: Buffer | undefined }> {
  const recorded = await finishedRun(store, named);
  const signature = await store.getRunFile(recorded.runId, signatureFile);
  if (key !== undefined) {
    const where = `s3://${store.bucket}/runs/${recorded.runId}/${signatureFile}`;
    requireSignature(recorded, signature, key, where);
  }
  return { recorded, signature };
}

/** A finished run, which the owner of a demanded key (ATELIER_VERIFY_KEY) has to have signed. */
export async function signedIfDemanded(
  store: Store,
  named: string | undefined,
): Promise<RecordedRun> {
  const { verifyKey } = readEnvironment();
  const key = verifyKey === undefined ? undefined : await readPublicKey(verifyKey);
  return (await signedRun(store, named, key)).recorded;
}

async function latestFinished(store: Store): Promise<string> {
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
async function readFetchable(store: Store, runId: string) {
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
