import type { KeyObject } from 'node:crypto';
import { type BlobRef, encodeDocument, parseDocument, sha256 } from '@atelier/artifacts';
import { UserError } from '@atelier/errors';
import type { Store } from '../run-store.ts';
import { keyId, openEnvelope, parseEnvelope, signStatement } from './envelope.ts';
import { provenanceFile, type Statement, statementSchema, subjectsOf } from './statement.ts';

/** In a run's folder once it is signed, and in what `fetch` brings of it. */
export const signatureFile = 'provenance.dsse.json';

/** A finished run as it lies in the store: its record's bytes, and the blobs that are its files. */
export interface RecordedRun {
  runId: string;
  content: Buffer;
  files: Readonly<Record<string, BlobRef>>;
}

/** Everything that `fetch` brings, so that a signature leaves nothing of it open. */
const subjectsOfRun = ({ content, files }: RecordedRun): Statement['subject'] => [
  { name: 'run.json', digest: { sha256: sha256(content) } },
  ...subjectsOf(files),
];

/**
 * Signs a run's provenance together with all its files, each of which is read first. Signatures of
 * other people on the same stay.
 * @throws UserError where there is no provenance, or it is of something else; DamagedBlob
 */
export async function signRun(store: Store, run: RecordedRun, key: KeyObject): Promise<void> {
  const ref = run.files[provenanceFile];
  const where = `s3://${store.bucket}/runs/${run.runId}`;
  if (ref === undefined)
    throw new UserError({
      what: `Run ${run.runId} has no provenance to sign.`,
      where,
      found: 'a run of a version that wrote none',
      remedy: 'start a run with the same settings: it writes one, and redoes no work',
    });
  const { value, problem } = parseDocument(await store.getBlob(ref), statementSchema);
  const mistake = problem ?? otherProvenance(value, run);
  if (mistake !== undefined)
    throw new UserError({
      what: `The provenance of run ${run.runId} is not signed.`,
      where: `${where}/${provenanceFile}`,
      expected: "the provenance of exactly this run's files",
      found: mistake,
      remedy: 'start a run with the same settings, look at it, and sign that',
    });
  for (const file of Object.values(run.files)) await store.getBlob(file);
  const statement = { ...value!, subject: subjectsOfRun(run) };
  const there = await store.getRunFile(run.runId, signatureFile);
  const earlier = there && parseEnvelope(there).value;
  const envelope = signStatement(statement, key, earlier);
  const content = encodeDocument(envelope);
  await store.putRunFile(run.runId, signatureFile, content);
}

function otherProvenance(value: Statement | undefined, run: RecordedRun): string | undefined {
  const { [provenanceFile]: _, ...files } = run.files;
  return value && difference(value, run.runId, subjectsOf(files));
}

/**
 * What a key's owner has signed.
 * @param content of a signature file; undefined where there is none
 * @param where names it in errors
 * @throws UserError where there is none by this key
 */
export function signedStatement(
  content: Buffer | undefined,
  key: KeyObject,
  where: string,
): Statement {
  const { value, problem } =
    content === undefined ? { value: undefined, problem: 'no signature' } : parseEnvelope(content);
  const opened = value === undefined ? { problem: problem! } : openEnvelope(value, key);
  if (opened.problem === undefined) return opened.value;
  throw refused(where, `a signature by key ${keyId(key)}`, opened.problem);
}

/**
 * Demands that the key's owner has signed this run as it lies there.
 * @throws UserError where they have not
 */
export function requireSignature(
  run: RecordedRun,
  signature: Buffer | undefined,
  key: KeyObject,
  where: string,
): void {
  const statement = signedStatement(signature, key, where);
  const found = difference(statement, run.runId, subjectsOfRun(run));
  if (found !== undefined)
    throw refused(where, `a signature of run ${run.runId} as it lies there`, found);
}

/** How a statement differs from a run of this name and these files; undefined where it does not. */
function difference(
  { subject, predicate }: Statement,
  runId: string,
  present: Statement['subject'],
): string | undefined {
  const { invocationId } = predicate.runDetails.metadata;
  if (invocationId !== runId) return 'a statement about another run';
  const signed = new Map(subject.map(({ name, digest }) => [name, digest.sha256]));
  for (const { name, digest } of present) {
    if (!signed.has(name)) return `${name}, of which it says nothing`;
    if (signed.get(name) !== digest.sha256) return `${name} of SHA-256 ${digest.sha256}`;
    signed.delete(name);
  }
  const [missing] = signed.keys();
  return missing && `no ${missing}`;
}

export const refused = (where: string, expected: string, found: string): UserError =>
  new UserError({
    what: 'The signature does not hold.',
    where,
    expected,
    found,
    remedy: 'do not use these files; `npx atelier sign RUN --key FILE` signs a run that you trust',
  });
