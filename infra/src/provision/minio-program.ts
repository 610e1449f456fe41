import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { cachedProgram } from '../../bootstrap/provisioned.mjs';
import versions from '../../versions.json' with { type: 'json' };
import { checksumOf } from './checksum-list.ts';
import { runCommand } from './command.ts';
import { downloadList, downloadPublished } from './download.ts';
import { goPlatform } from './go-platform.ts';
import type { Program } from './program.ts';

const { cached, release, minimumRelease, download: releases, module } = versions.minio;

export function minioProgram(environment: AtelierEnvironment): Program {
  const { os, arch } = goPlatform();
  return {
    title: 'MinIO',
    command: 'minio',
    variable: 'ATELIER_MINIO_BINARY',
    cached: cachedProgram(environment.cacheDirectory, cached),
    versionProblem: minioVersionProblem,
    async download(draft) {
      const url = `${releases}/${os}-${arch}/archive/minio.${release}`;
      const list = await downloadList(`${url}.sha256sum`, environment);
      const sha256 = checksumOf(list, `minio.${release}`, `${url}.sha256sum`);
      await downloadPublished(url, draft, sha256, environment);
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
