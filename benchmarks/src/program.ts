import { spawnSync } from 'node:child_process';
import { copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolVariables } from '@atelier/environment';
import { UserError, WorldError } from '@atelier/errors';
import type { Forms } from '@atelier/graph';
import { command, type Flags, print, withFolder } from './command.ts';
import { cnnWorkload, type Workload, workload, writeData } from './workload.ts';

/** Steps of one repetition. */
const steps = 50;

interface Kind {
  batches: readonly number[];
  workOf(directory: string, batchSize: number): Workload;
  /** The written result is so many steps away from the initial state. Max pooling lets roundings grow sooner. */
  compared: number;
  /** By the names of their files: programs that give the same in other ways. The first is this CPU's own. */
  programs: Record<string, Partial<Forms>>;
}

const kinds: Record<string, Kind> = {
  mlp: {
    batches: [128, 1024, 8192],
    workOf: (directory, batchSize) => workload({ steps, threads: 2, directory }, { batchSize }),
    compared: 50,
    programs: { program: {} },
  },
  cnn: {
    batches: [64, 1024],
    workOf: (directory, batchSize) => cnnWorkload({ steps, threads: 2, directory }, batchSize),
    compared: 3,
    programs: {
      program: {},
      'program-native': { convolutions: 'native', pooling: 'native' },
      'program-native-convolutions': { convolutions: 'native' },
    },
  },
};

const main = fileURLToPath(new URL('program-main.ts', import.meta.url));

await command((flags) => withFolder((folder) => writePrograms(folder, flags)));

/**
 * Writes the loop of training steps as XLA takes it, for each batch size a folder: the program
 * before anything of a device is in it, what goes in, and what came out on this CPU. These are some
 * megabytes and run wherever JAX does (benchmarks/python/run_program.py), also beside devices that
 * TensorFlow cannot be brought to. Of a network with convolutions there are several programs, for
 * devices differ in the form that they are best at.
 */
async function writePrograms(
  data: string,
  { out, smoke, architecture = 'mlp' }: Flags,
): Promise<void> {
  if (out === undefined)
    throw new UserError({
      what: 'It is not said where the programs are to be written.',
      where: '--out',
      expected: 'a folder',
      found: 'nothing',
    });
  if (!Object.hasOwn(kinds, architecture))
    throw new UserError({
      what: 'There is no program of such a network.',
      where: '--architecture',
      expected: Object.keys(kinds).join(' or '),
      found: architecture,
    });
  const { batches, workOf, compared, programs } = kinds[architecture]!;
  const sizes = smoke ? batches.slice(0, 1) : batches;
  const prefix = architecture === 'mlp' ? '' : `${architecture}-`;
  const folderOf = (batchSize: number): string => path.join(out, `${prefix}batch-${batchSize}`);
  await refuseToReplace(sizes.map(folderOf));
  await writeData(data);
  for (const batchSize of sizes) {
    const folder = folderOf(batchSize);
    await mkdir(folder, { recursive: true });
    for (const [name, forms] of Object.entries(programs))
      await writeProgram({ ...workOf(data, batchSize), compared }, folder, name, forms);
    print(
      `${folder}: ${Object.keys(programs).join(', ')}, ${compared} steps of ${batchSize} images`,
    );
  }
}

async function refuseToReplace(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const stands = await lstat(folder).then(
      () => true,
      () => false,
    );
    if (stands)
      throw new UserError({
        what: 'Something stands where a program is to be written.',
        where: folder,
        expected: 'nothing',
        remedy: 'move it away, or name another folder (--out)',
      });
  }
}

async function writeProgram(
  work: Workload & { compared: number },
  folder: string,
  name: string,
  forms: Partial<Forms>,
): Promise<void> {
  const dump = path.join(folder, 'dump');
  const XLA_FLAGS = `--xla_dump_to=${dump} --xla_dump_hlo_as_proto`;
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', main, JSON.stringify(work), folder, JSON.stringify(forms)],
    { env: toolVariables({ XLA_FLAGS }), stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const programs = (await readdir(dump).catch(() => [])).filter((file) =>
    file.endsWith('.before_optimizations.hlo.pb'),
  );
  if (status !== 0 || programs.length !== 1)
    throw new WorldError({
      what: 'XLA did not write the program.',
      where: dump,
      expected: 'one file *.before_optimizations.hlo.pb',
      found: `${programs.join(', ') || 'none'}, exit code ${status}`,
    });
  await copyFile(path.join(dump, programs[0]!), path.join(folder, `${name}.hlo.pb`));
  await rm(dump, { recursive: true });
}
