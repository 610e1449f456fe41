import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { UserError, WorldError } from '@atelier/errors';
import type { Log } from '../command-log.ts';
import { installAtomically } from './atomic-install.ts';
import { tryCommand } from './run-command.ts';

/** A server that Atelier runs but does not carry in its own dependencies. */
export interface Program {
  /** For people: 'Temporal'. */
  title: string;
  /** Its file name on the search path. */
  command: string;
  /** The environment variable that names a binary. */
  variable: string;
  /** Where this version lies in the cache. */
  cached: string;
  /** What is wrong with a program that prints this version; undefined when it will do. */
  versionProblem(versionOutput: string): string | undefined;
  /** The official binary, held against its SHA-256 in versions.json. */
  download(draft: string): Promise<void>;
  /** Builds it through Go. */
  build(draft: string): Promise<void>;
  buildTakes: string;
}

export interface FindOptions {
  explicit: string | undefined;
  path: string;
  log: Log;
}

/** Where the program was found, without fetching or building it. */
export async function findProgram(
  program: Program,
  { explicit, path, log }: FindOptions,
): Promise<string | undefined> {
  if (explicit !== undefined) return checkExplicit(program, explicit);
  const onPath = await findOnPath(program.command, path);
  if (onPath !== undefined) {
    const problem = program.versionProblem((await tryCommand(onPath, ['--version'])) ?? '');
    if (problem === undefined) return onPath;
    log.info(`${onPath} is not used: ${problem}`);
  }
  return existsSync(program.cached) ? program.cached : undefined;
}

/**
 * The program's path: named explicitly, on the search path in a version that will do, in the
 * cache, downloaded, or built through Go.
 * @throws UserError when a named binary is not one, or when nothing worked and Go is missing
 */
export async function provideProgram(program: Program, options: FindOptions): Promise<string> {
  const found = await findProgram(program, options);
  if (found !== undefined) return found;
  const { log, path } = options;
  await installAtomically(
    program.cached,
    async (draft) => {
      log.info(`${program.title}: downloading the official binary (about a minute) …`);
      const refused = await program.download(draft).then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof WorldError) return error;
          throw error;
        },
      );
      if (refused === undefined) return;
      log.info(
        `${program.title}: ${refused.failure.what.toLowerCase()} (${refused.failure.found})`,
      );
      if ((await findOnPath('go', path)) === undefined) throw goMissing(program, refused);
      log.info(`${program.title}: building it through Go (${program.buildTakes}) …`);
      await program.build(draft);
    },
    (pid) => log.info(`${program.title}: process ${pid} is already fetching it; waiting …`),
  );
  return program.cached;
}

async function checkExplicit(program: Program, path: string): Promise<string> {
  const version = (await isExecutable(path))
    ? await tryCommand(path, ['--version'])
    : 'no executable file';
  const found = version ?? 'a program that fails on --version';
  if (version?.toLowerCase().includes(program.command)) return path;
  throw new UserError({
    what: `${program.variable} does not name a ${program.title} program`,
    where: path,
    expected: `an executable \`${program.command}\``,
    found: found.split('\n')[0] as string,
    remedy: `Correct or unset ${program.variable}.`,
  });
}

function goMissing(program: Program, refused: WorldError): UserError {
  const { remedy } = refused.failure;
  const others = `install Go (https://go.dev/doc/install), or name a binary in ${program.variable}`;
  return new UserError(
    {
      what: `${program.title} can neither be downloaded nor built`,
      ...(refused.failure.where && { where: refused.failure.where }),
      found: `${refused.failure.found}; no \`go\` on the search path`,
      // What the download failed for may be mended as well: a certificate, a proxy.
      remedy: remedy === undefined ? others : `${remedy}; or ${others}`,
    },
    { cause: refused },
  );
}

/** The first executable file of that name in the search path. */
async function findOnPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** Node's names of platform and architecture as Go (and the releases of Go programs) has them. */
export function goPlatform(
  platform: string = process.platform,
  architecture: string = process.arch,
): { os: string; arch: string } {
  return { os: platform, arch: architecture === 'x64' ? 'amd64' : architecture };
}

/**
 * The SHA-256 of a release's binary for a platform such as linux-amd64.
 * @param known the hashes by platform
 * @throws WorldError where there is a release, but no binary for this machine whose hash is known
 */
export function publishedHash(
  where: string,
  known: Readonly<Record<string, string>>,
  platform: string,
): string {
  const hash = known[platform];
  if (hash !== undefined) return hash;
  throw new WorldError({
    what: 'There is no official binary',
    where,
    expected: Object.keys(known).join(' or '),
    found: platform,
  });
}
