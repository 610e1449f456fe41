import { chmod } from 'node:fs/promises';
import type { AtelierEnvironment } from '@atelier/environment';
import { WorldError } from '@atelier/errors';
import { z } from 'zod';
import { cachedProgram } from '../../bootstrap/provisioned.mjs';
import versions from '../../versions.json' with { type: 'json' };
import { downloadPublished } from './download.ts';
import { runCommand } from './run-command.ts';
import { goPlatform, type Program, publishedHash } from './server-program.ts';

const { cached, release, minimumRelease, download: releases } = versions.minio;
const { module, moduleSum } = versions.minio;

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
      const expected = publishedHash(releases, sha256, platform);
      const url = `${releases}/minio.${platform}.${release}`;
      await downloadPublished(url, draft, expected, environment);
      await chmod(draft, 0o755);
    },
    async build(draft) {
      const output = await runCommand('go', ['mod', 'download', '-json', module]);
      const { Dir: folder, Sum: found } = moduleSchema.parse(
        JSON.parse(/\{[\s\S]*\}/.exec(output)?.[0] ?? '{}'),
      );
      if (found !== moduleSum) throw otherModule(found);
      // In its own folder, where its go.sum holds every module that it uses against a digest.
      const flags = ['-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', draft];
      const variables = { CGO_ENABLED: '0' };
      await runCommand('go', ['build', '-C', folder, ...flags, '.'], { variables });
    },
    buildTakes: '2 minutes on 2 cores',
  };
}

/** What `go mod download -json` says of a module: where it lies, and the digest of all its files. */
const moduleSchema = z.object({ Dir: z.string(), Sum: z.string() });

const otherModule = (found: string): WorldError =>
  new WorldError({
    what: "MinIO's source is not what it was when it was chosen",
    where: module,
    expected: moduleSum,
    found,
    remedy: 'do not build it; name a binary of your own in ATELIER_MINIO_BINARY',
  });

/** Releases are named by their time, so that their names sort by age. */
export function minioVersionProblem(output: string): string | undefined {
  const found = /RELEASE\.[0-9TZ-]+/.exec(output)?.[0];
  if (found === undefined) return 'it does not say its release';
  if (found >= minimumRelease) return undefined;
  return `it is ${found}, at least ${minimumRelease} is needed`;
}
