import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { cachedProgram } from '../../bootstrap/provisioned.mjs';
import versions from '../../versions.json' with { type: 'json' };
import { downloadPublished } from './download.ts';
import { runCommand } from './run-command.ts';
import { goPlatform, notPublished, type Program } from './server-program.ts';

const { cached, release, minimumRelease, download: releases, module } = versions.minio;

/**
 * The last binaries that MinIO has published; dl.min.io answers 410 to all since its project is
 * archived. The hashes are those that GitHub's API names for the files of this release.
 */
const sha256: Record<string, string> = versions.minio.sha256;

export function minioProgram(environment: AtelierEnvironment): Program {
  const { os, arch } = goPlatform();
  return {
    title: 'MinIO',
    command: 'minio',
    variable: 'ATELIER_MINIO_BINARY',
    cached: cachedProgram(environment.cacheDirectory, cached),
    versionProblem: minioVersionProblem,
    async download(draft) {
      const platform = `${os}-${arch}`;
      const expected = sha256[platform];
      if (expected === undefined) throw notPublished(releases, Object.keys(sha256), platform);
      const url = `${releases}/minio.${platform}.${release}`;
      await downloadPublished(url, draft, expected, environment);
      await chmod(draft, 0o755);
    },
    async build(draft) {
      const folder = await mkdtemp(`${draft}-`);
      try {
        const variables = { GOBIN: folder, CGO_ENABLED: '0' };
        await runCommand('go', ['install', '-trimpath', '-ldflags=-s -w', module], { variables });
        await rename(join(folder, 'minio'), draft);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    buildTakes: '2 minutes on 2 cores',
  };
}

/** Releases are named by their time, so that their names sort by age. */
export function minioVersionProblem(output: string): string | undefined {
  const found = /RELEASE\.[0-9TZ-]+/.exec(output)?.[0];
  if (found === undefined) return 'it does not say its release';
  if (found >= minimumRelease) return undefined;
  return `it is ${found}, at least ${minimumRelease} is needed`;
}
