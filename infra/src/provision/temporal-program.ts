import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { cachedProgram } from '../../bootstrap/provisioned.mjs';
import versions from '../../versions.json' with { type: 'json' };
import { downloadList, downloadPublished } from './download.ts';
import { runCommand } from './run-command.ts';
import { goPlatform, type Program } from './server-program.ts';

const { cached, version, minimumServer, download: releases, published } = versions.temporal;

/** Temporal's CLI, which holds the development server and its UI. */
export function temporalProgram(environment: AtelierEnvironment): Program {
  const { os, arch } = goPlatform();
  return {
    title: 'Temporal',
    command: 'temporal',
    variable: 'ATELIER_TEMPORAL_BINARY',
    cached: cachedProgram(environment.cacheDirectory, cached),
    versionProblem: temporalVersionProblem,
    async download(draft) {
      const archive = `temporal_cli_${version}_${os}_${arch}.tar.gz`;
      const list = await downloadList(published, environment);
      const sha256 = checksumOf(list, archive, published);
      const folder = await mkdtemp(`${draft}-`);
      try {
        const path = join(folder, archive);
        await downloadPublished(`${releases}/${archive}`, path, sha256, environment);
        await runCommand('tar', ['-xzf', archive, 'temporal'], { cwd: folder });
        await chmod(join(folder, 'temporal'), 0o755);
        await rename(join(folder, 'temporal'), draft);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async build(draft) {
      // A module of our own, because the CLI's `replace` directive forbids `go install`.
      const wrapper = join(environment.workspace, 'infra', 'go', 'temporal-cli');
      const ldflags = `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${version}`;
      await runCommand(
        'go',
        ['build', '-mod=readonly', '-trimpath', `-ldflags=${ldflags}`, '-o', draft, PACKAGE],
        { cwd: wrapper, variables: { CGO_ENABLED: '0' } },
      );
    },
    buildTakes: '4 minutes on 2 cores',
  };
}

const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';

/** The CLI's own version says little where it was built from source; the server's counts. */
export function temporalVersionProblem(output: string): string | undefined {
  const server = /Server (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (server === undefined) return 'it does not say its server version';
  if (isAtLeast(server, minimumServer)) return undefined;
  return `its server is ${server}, at least ${minimumServer} is needed`;
}

function isAtLeast(version: string, minimum: string): boolean {
  return version.localeCompare(minimum, 'en', { numeric: true }) >= 0;
}

/**
 * The SHA-256 of one file out of a published list in the form of sha256sum(1).
 * @throws WorldError when the list does not name the file
 */
export function checksumOf(list: string, file: string, where: string): string {
  for (const line of list.split('\n')) {
    const [digest = '', name = ''] = line.trim().split(/\s+\*?/);
    if (name === file && /^[0-9a-f]{64}$/i.test(digest)) return digest.toLowerCase();
  }
  throw new WorldError({
    what: 'The published checksums do not name the file',
    where,
    expected: `a line for ${file}`,
    found: `${list.slice(0, 80).trim()} …`,
  });
}
