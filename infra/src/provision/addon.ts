import { existsSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import type { Log } from '../command-log.ts';
import { installAtomically } from './atomic-install.ts';
import { runCommand } from './run-command.ts';

const require = createRequire(import.meta.url);

/** Where the addon lies in tfjs-node's package; `8` is the newest N-API that 4.22 builds for. */
export const ADDON_PATH = join('lib', 'napi-v8', 'tfjs_binding.node');
const N_API = '8';

/** The addon of tfjs-node, built against the library in `tensorFlow` and kept in the cache. */
export async function provideAddon(
  { cacheDirectory }: AtelierEnvironment,
  tensorFlow: string,
  packageFolder: string,
  log: Log,
): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  const key = [basename(tensorFlow), `tfjs-${version}`, `abi-${process.versions.modules}`];
  const cached = join(cacheDirectory, 'addon', `${key.join('_')}-${process.arch}.node`);
  await installAtomically(
    cached,
    async (draft) => {
      log.info('TensorFlow: building the addon for Node (10 seconds) …');
      await buildAddon(packageFolder, tensorFlow, draft);
    },
    (pid) => log.info(`TensorFlow: process ${pid} is already building the addon; waiting …`),
  );
  return cached;
}

/** In a folder of its own, so that a process that uses the present addon is not disturbed. */
async function buildAddon(packageFolder: string, tensorFlow: string, draft: string) {
  const folder = await mkdtemp(join(tmpdir(), 'atelier-addon-'));
  try {
    for (const source of ['binding', 'binding.gyp', 'package.json']) {
      await cp(join(packageFolder, source), join(folder, source), { recursive: true });
    }
    await symlink(tensorFlow, join(folder, 'deps'));
    const addon = join(folder, ADDON_PATH);
    const headers = nodeHeaders();
    await runCommand(
      process.execPath,
      [
        ...[require.resolve('node-gyp/bin/node-gyp.js'), 'rebuild', '--release'],
        ...(headers ? [`--nodedir=${headers}`] : []),
        ...[`--module=${addon}`, '--module_name=tfjs_binding', `--module_path=${dirname(addon)}`],
        ...[`--napi_version=${process.versions.napi}`, `--napi_build_version=${N_API}`],
        ...['--node_abi_napi=napi', `--node_napi_label=napi-v${N_API}`],
      ],
      {
        cwd: folder,
        remedy: headers
          ? 'The lines above say what the compiler lacks.'
          : "Node's headers are not on this machine and could not be downloaded: install them " +
            '(Debian: `sudo apt-get install libnode-dev`, or use a Node from nodejs.org).',
      },
    );
    // Only a process that has loaded it knows that it fits the library.
    await runCommand(process.execPath, [
      '-e',
      'process.dlopen({ exports: {} }, process.argv[1])',
      addon,
    ]);
    await copyFile(addon, draft);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The prefix of this Node's own headers, where they are installed: then none are downloaded. */
function nodeHeaders(): string | undefined {
  const prefixes = [dirname(dirname(process.execPath)), '/usr', '/usr/local'];
  return prefixes.find((prefix) => existsSync(join(prefix, 'include', 'node', 'node_api.h')));
}
