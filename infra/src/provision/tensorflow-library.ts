import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import type { Log } from '../command-log.ts';
import { installAtomically } from './atomic-install.ts';
import { needSpace } from './need-space.ts';
import { runCommand } from './run-command.ts';
import type { TensorFlowVariant } from './tensorflow-variant.ts';

/** The wheels serve every Python: only their C library is used, so that one build of each will do. */
const WHEEL_PYTHON = ['--python-version', '3.11', '--implementation', 'cp'];
const WHEEL_ABIS = ['--abi', 'cp311', '--abi', 'none'];

/** The C interface, which is all that the addon includes of 11,000 headers. */
const HEADERS = [
  'tensorflow/c/',
  'tensorflow/core/platform/ctstring',
  'tsl/platform/ctstring',
  'xla/tsl/c/',
];

/**
 * The library and its headers in the cache, laid out as tfjs-node wants its `deps`: downloaded
 * through pip at a pinned version and hash, and unpacked.
 */
export async function provideTensorFlow(
  environment: AtelierEnvironment,
  variant: TensorFlowVariant,
  log: Log,
): Promise<string> {
  await installAtomically(
    variant.folder,
    async (draft) => {
      const bytes = variant.device === 'gpu' ? 12e9 : 2e9;
      await needSpace(environment.cacheDirectory, bytes, 'XDG_CACHE_HOME');
      log.info(`TensorFlow: downloading ${variant.size} (a few minutes on a home line) …`);
      const wheels = join(draft, 'wheels');
      await mkdir(wheels, { recursive: true });
      await downloadWheels(environment, variant, wheels);
      log.info('TensorFlow: unpacking …');
      await unpack(environment, wheels, draft);
    },
    (pid) => log.info(`TensorFlow: process ${pid} is already fetching it; waiting …`),
  );
  return variant.folder;
}

async function downloadWheels(
  { workspace }: AtelierEnvironment,
  { requirements, platforms }: TensorFlowVariant,
  folder: string,
): Promise<void> {
  const platformFlags = platforms.flatMap((platform) => ['--platform', platform]);
  await runCommand(
    'python3',
    [
      ...['-m', 'pip', 'download', '--no-deps', '--require-hashes', '--only-binary=:all:'],
      ...[...WHEEL_PYTHON, ...WHEEL_ABIS, ...platformFlags],
      ...['--no-cache-dir', '--disable-pip-version-check', '--progress-bar', 'off'],
      ...['--dest', folder, '--requirement', requirements],
    ],
    {
      cwd: workspace,
      // What pip has half downloaded belongs to the draft, and goes with it.
      variables: { TMPDIR: folder },
      remedy: 'Check the network (pip has to reach its package index), then try again.',
    },
  );
}

async function unpack(
  { workspace }: AtelierEnvironment,
  wheels: string,
  draft: string,
): Promise<void> {
  const script = join(workspace, 'infra', 'python', 'extract_wheel.py');
  const unpacked = join(draft, 'unpacked');
  const wanted = [
    'tensorflow/libtensorflow_cc.so.2',
    'tensorflow/libtensorflow_framework.so.2',
    ...HEADERS.map((header) => `tensorflow/include/${header}`),
    'nvidia/',
  ];
  for (const wheel of (await readdir(wheels)).filter((name) => name.endsWith('.whl'))) {
    await runCommand('python3', [script, join(wheels, wheel), unpacked, ...wanted]);
  }
  await rm(wheels, { recursive: true });

  const lib = join(draft, 'lib');
  await mkdir(lib);
  for (const file of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) {
    await rename(join(unpacked, 'tensorflow', file), join(lib, file));
  }
  // The wheel's C++ library exports the C interface too, under the name that tfjs-node links.
  await symlink('libtensorflow_cc.so.2', join(lib, 'libtensorflow.so.2'));
  await symlink('libtensorflow_cc.so.2', join(lib, 'libtensorflow.so'));
  await symlink('libtensorflow_framework.so.2', join(lib, 'libtensorflow_framework.so'));
  await rename(join(unpacked, 'tensorflow', 'include'), join(draft, 'include'));
  // TensorFlow looks for CUDA in $ORIGIN/../nvidia, $ORIGIN being the folder of the library.
  const folders = await readdir(unpacked);
  if (folders.includes('nvidia')) await rename(join(unpacked, 'nvidia'), join(draft, 'nvidia'));
  await rm(unpacked, { recursive: true });
}
