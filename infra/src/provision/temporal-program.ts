import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { cachedProgram } from '../../bootstrap/provisioned.mjs';
import versions from '../../versions.json' with { type: 'json' };
import { downloadPublished } from './download.ts';
import { runCommand } from './run-command.ts';
import { goPlatform, type Program, publishedHash } from './server-program.ts';

const { cached, version, minimumServer, download: releases } = versions.temporal;

/** As the release's own checksums.txt has them. */
const sha256: Record<string, string> = versions.temporal.sha256;

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
      const platform = `${os}-${arch}`;
      const expected = publishedHash(releases, sha256, platform);
      const archive = `temporal_cli_${version}_${os}_${arch}.tar.gz`;
      const folder = await mkdtemp(`${draft}-`);
      try {
        const path = join(folder, archive);
        await downloadPublished(`${releases}/${archive}`, path, expected, environment);
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
