import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CodeIdentity, sha256 } from '@atelier/artifacts';
import { toolVariables } from '@atelier/environment';

const run = promisify(execFile);

/**
 * Which code this process is made of.
 * @param sources see `codeDigest`
 */
export async function codeIdentity(workspace: string, sources: string): Promise<CodeIdentity> {
  const lockfile = await readFile(join(workspace, 'package-lock.json')).catch(() => undefined);
  const commit = await git(workspace, 'rev-parse', '--verify', 'HEAD');
  const changes = commit && (await changesIn(workspace));
  return {
    sources,
    ...(lockfile && { lockfile: sha256(lockfile) }),
    ...(commit && { commit }),
    ...(changes !== undefined && { dirty: changes !== '' }),
  };
}

/** Of what git knows, and of what it does not where sources lie: people put pictures and exports beside them. */
async function changesIn(workspace: string): Promise<string | undefined> {
  const known = await git(workspace, 'status', '--porcelain', '--untracked-files=no', '--', '.');
  const others = ['ls-files', '--others', '--exclude-standard', '--', 'packages', 'infra'];
  const added = await git(workspace, ...others);
  return known === undefined || added === undefined ? undefined : known + added;
}

/** What git prints; undefined where there is no git, no checkout, or no commit. */
async function git(cwd: string, ...args: string[]): Promise<string | undefined> {
  try {
    const options = { cwd, env: toolVariables({}), timeout: 10_000 };
    return (await run('git', ['--no-optional-locks', ...args], options)).stdout.trim();
  } catch {
    return undefined;
  }
}
