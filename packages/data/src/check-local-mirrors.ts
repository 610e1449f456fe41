import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileIn } from '@atelier/download/mirror';
import { UserError } from '@atelier/errors';
import { sha256Of } from '@atelier/files';
import { type DatasetDescriptor, filesOf } from './descriptor.ts';
import { divideSets } from './divide-sets.ts';
import { mirrorsOf, remedies } from './download-dataset.ts';
import type { DatasetFile } from './formats/format.ts';
import { type FilePaths, readOfficialSets } from './official-sets.ts';
import { normalisationOf } from './pixel-statistics.ts';

export interface LocalCheckOptions {
  /** A folder of files that an earlier download kept on this machine. */
  kept?: string;
  signal?: AbortSignal;
}

/**
 * Checks what can be known of a dataset before a run starts, on a machine that sees the folders of
 * its file: mirrors: that they have the files, in the right size and with the right SHA-256, and,
 * where every file is at hand, that the whole can be prepared.
 * @param mirrors tried before those of the descriptor
 * @returns how many images each split will have; undefined where a file has to come from elsewhere
 * @throws UserError for what would make the data stage fail for good
 */
export async function checkLocalMirrors(
  descriptor: DatasetDescriptor,
  mirrors: readonly string[],
  { kept, signal }: LocalCheckOptions = {},
): Promise<Record<'train' | 'validation' | 'test', number> | undefined> {
  const addresses = mirrorsOf(descriptor, mirrors);
  const local = addresses.filter(({ protocol }) => protocol === 'file:');
  if (local.length === 0) return undefined;
  const paths: FilePaths = {};
  for (const [role, file] of filesOf(descriptor)) {
    const candidates = local.map((mirror) => fileURLToPath(fileIn(mirror, file.name)));
    if (kept !== undefined) candidates.unshift(join(kept, file.name));
    const findings: Finding[] = [];
    for (const path of candidates) {
      const finding = await compare(path, file, signal);
      if (finding === undefined) {
        paths[role] = path;
        break;
      }
      findings.push(finding);
    }
    if (paths[role] === undefined && local.length === addresses.length) throw missing(findings);
  }
  if (Object.keys(paths).length < filesOf(descriptor).length) return undefined;
  const sets = await readOfficialSets(descriptor, paths, { signal });
  const { from, chosen, others } = divideSets(sets, descriptor, 0);
  const { images } = sets.train;
  // Of what is too large to be held, the data stage looks at every pixel, with a place to unpack it.
  if (images instanceof Uint8Array) normalisationOf(images, descriptor.channels);
  const counts = { train: sets.train.labels.length, test: sets.test.labels.length };
  return { ...counts, [from]: others.length, validation: chosen.length };
}

/** What is wrong with a file; `expected` is absent where there is none. */
interface Finding {
  path: string;
  expected?: string;
  found: string;
}

async function compare(
  path: string,
  file: DatasetFile,
  signal?: AbortSignal,
): Promise<Finding | undefined> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return { path, found: stats.isDirectory() ? 'a folder' : 'no plain file' };
    const { size } = stats;
    if (size !== file.bytes)
      return { path, expected: `${file.bytes} bytes`, found: `${size} bytes` };
    const sha256 = await sha256Of(path, signal);
    if (sha256 === file.sha256) return undefined;
    return { path, expected: `SHA-256 ${file.sha256}`, found: `SHA-256 ${sha256}` };
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    return { path, found: code === 'ENOENT' ? 'no such file' : message };
  }
}

/** Another file under the name tells more than that there is none. */
function missing(findings: readonly Finding[]): UserError {
  const told = findings.find(({ expected }) => expected !== undefined) ?? findings.at(-1)!;
  const { path, expected, found } = told;
  return expected === undefined
    ? new UserError({
        what: `No mirror has ${basename(path)}.`,
        where: findings.map((finding) => finding.path).join(', '),
        found,
        ...remedies.missing,
      })
    : new UserError({
        what: `A mirror has another ${basename(path)} than the descriptor names.`,
        where: path,
        expected,
        found,
        ...remedies.wrong,
      });
}
