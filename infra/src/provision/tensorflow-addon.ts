import { existsSync } from 'node:fs';
import { copyFile, lstat, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { writeWhole } from '@atelier/files';
import type { Log } from '../command-log.ts';
import { ADDON_PATH, provideAddon } from './addon.ts';
import { provideTensorFlow } from './tensorflow-library.ts';
import { tensorFlowVariant } from './tensorflow-variant.ts';

/** The folder of @tensorflow/tfjs-node-gpu in this checkout. */
export const tfjsNodeFolder = (): string =>
  dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));

/** Makes @tensorflow/tfjs-node-gpu of this checkout loadable. Quick when it already is. */
export async function provideTensorFlowAddon(
  environment: AtelierEnvironment,
  log: Log,
): Promise<void> {
  const variant = tensorFlowVariant(environment);
  const library = await provideTensorFlow(environment, variant, log);
  const folder = tfjsNodeFolder();
  const addon = await provideAddon(environment, library, folder, log);
  await linkFolder(library, join(folder, 'deps'));
  await placeFile(addon, join(folder, ADDON_PATH));
}

/** A link appears at once or not at all; what stood there is moved away first. */
async function linkFolder(target: string, path: string): Promise<void> {
  const present = await lstat(path).catch(() => undefined);
  if (present?.isSymbolicLink() && (await readlink(path)) === target) return;
  const old = `${path}.old-${process.pid}`;
  await writeWhole(path, async (draft) => {
    await symlink(target, draft);
    if (present?.isDirectory()) await rename(path, old);
  });
  await rm(old, { recursive: true, force: true });
}

/** A copy, because Node resolves links and the addon finds the library beside its own path. */
async function placeFile(source: string, path: string): Promise<void> {
  if (existsSync(path) && (await readFile(path)).equals(await readFile(source))) return;
  await writeWhole(path, (draft) => copyFile(source, draft));
}
