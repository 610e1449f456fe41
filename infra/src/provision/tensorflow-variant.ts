import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AtelierEnvironment, chosenDevice } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { architecture } from '../../bootstrap/prerequisites.mjs';

/** Which build of TensorFlow's C library serves this machine. */
export interface TensorFlowVariant {
  device: 'cpu' | 'gpu';
  /** pip's list of wheels, each with its version and hash. */
  requirements: string;
  /** pip's names of the platforms whose wheels will do. */
  platforms: string[];
  /** The unpacked library in the cache: `lib`, `include` and, for a GPU, `nvidia`. */
  folder: string;
  /** For people: what has to be downloaded. */
  size: string;
}

/** @throws UserError on a platform for which there is no library */
export function tensorFlowVariant(environment: AtelierEnvironment): TensorFlowVariant {
  const { cacheDirectory, workspace } = environment;
  const machine = `${process.platform}-${process.arch}`;
  const processor = architecture();
  if (processor === undefined) throw unsupported(machine);
  const device = chosenDevice(environment);
  if (device === 'gpu' && machine !== 'linux-x64') throw unsupported(`${machine} with a GPU`);
  const requirements = join(
    workspace,
    'infra',
    'requirements',
    `tensorflow-${device}-${machine}.txt`,
  );
  // The list holds versions and hashes, so its own hash names what they unpack to.
  const key = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const libcs = ['2_27', '2_17', '2_12'].map((libc) => `manylinux_${libc}_${processor}`);
  return {
    device,
    requirements,
    platforms: [...libcs, `manylinux2014_${processor}`],
    folder: join(cacheDirectory, 'tensorflow', `${device}-${key}`),
    size: device === 'gpu' ? 'about 3.5 GB' : 'about 270 MB',
  };
}

function unsupported(found: string): UserError {
  return new UserError({
    what: 'There is no TensorFlow library for this machine',
    expected: 'Linux with glibc 2.27 or newer on x86-64 or arm64 (with an NVIDIA GPU: x86-64)',
    found,
    remedy:
      'Use such a machine, a container or a virtual machine; ATELIER_DEVICE=cpu needs no GPU.',
  });
}
