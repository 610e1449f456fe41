import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const lockedSchema = z.object({
  version: z.string().optional(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  /** Another package of this repository. */
  link: z.boolean().optional(),
  /** Needed by tests and tools alone. */
  dev: z.boolean().optional(),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  libc: z.array(z.string()).optional(),
});

const lockfileSchema = z.object({ packages: z.record(z.string(), lockedSchema) });

/** A package of others that package-lock.json names. */
export interface LockedPackage {
  name: string;
  version: string;
  /** An SPDX expression, where the package states one. */
  licence: string | undefined;
  /** A digest of its archive, which npm holds a download against. */
  integrity: string | undefined;
  /** Whether only tests and tools need it. */
  isDev: boolean;
}

/** Licences of packages that state none where npm looks, as their own LICENSE file has it. */
const statedElsewhere: Record<string, string> = { unionfs: 'Unlicense' };

/** The packages that npm installs on the platforms that Atelier is for. */
export function lockedPackages(workspace: string): LockedPackage[] {
  const text = readFileSync(join(workspace, 'package-lock.json'), 'utf8');
  const { packages } = lockfileSchema.parse(JSON.parse(text));
  return Object.entries(packages).flatMap(([path, locked]) => {
    const [, name] = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (name === undefined || locked.link || !isForOurs(locked)) return [];
    const { version = '', license = statedElsewhere[name], integrity, dev = false } = locked;
    return [{ name, version, licence: license, integrity, isDev: dev }];
  });
}

/** Linux with glibc on x86-64 or arm64. */
const isForOurs = ({ os, cpu, libc }: z.infer<typeof lockedSchema>): boolean =>
  (os?.includes('linux') ?? true) &&
  (cpu?.some((name) => name === 'x64' || name === 'arm64') ?? true) &&
  (libc?.includes('glibc') ?? true);
