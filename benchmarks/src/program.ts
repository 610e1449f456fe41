import { spawnSync } from 'node:child_process';
import { copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolVariables } from '@atelier/environment';
import { UserError, WorldError } from '@atelier/errors';
import { command, type Flags, print, withFolder } from './command.ts';
import { type Workload, workload, writeData } from './workload.ts';

const batches = [128, 1024, 8192];
/** The written result is so many steps away from the initial state. */
const steps = 50;

const main = fileURLToPath(new URL('program-main.ts', import.meta.url));

await command((flags) => withFolder((folder) => writePrograms(folder, flags)));

/**
 * Writes the loop of training steps as XLA takes it, for each batch size a folder: the program
 * before anything of a device is in it, what goes in, and what came out on this CPU. These are some
 * megabytes and run wherever JAX does (benchmarks/python/run_program.py), also beside devices that
 * TensorFlow cannot be brought to.
 */
async function writePrograms(data: string, { out, smoke }: Flags): Promise<void> {
  if (out === undefined)
    throw new UserError({
      what: 'It is not said where the programs are to be written.',
      where: '--out',
      expected: 'a folder',
      found: 'nothing',
    });
  const sizes = smoke ? batches.slice(0, 1) : batches;
  const folderOf = (batchSize: number): string => path.join(out, `batch-${batchSize}`);
  await refuseToReplace(sizes.map(folderOf));
  await writeData(data);
  for (const batchSize of sizes) {
    const folder = folderOf(batchSize);
    await mkdir(folder, { recursive: true });
    await writeProgram(workload({ steps, threads: 2, directory: data }, { batchSize }), folder);
    print(`${folder}: ${steps} steps of ${batchSize} images`);
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

async function writeProgram(work: Workload, folder: string): Promise<void> {
  const dump = path.join(folder, 'dump');
  const XLA_FLAGS = `--xla_dump_to=${dump} --xla_dump_hlo_as_proto`;
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', main, JSON.stringify(work), folder],
    { env: toolVariables({ XLA_FLAGS }), stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const programs = (await readdir(dump).catch(() => [])).filter((name) =>
    name.endsWith('.before_optimizations.hlo.pb'),
  );
  if (status !== 0 || programs.length !== 1)
    throw new WorldError({
      what: 'XLA did not write the program.',
      where: dump,
      expected: 'one file *.before_optimizations.hlo.pb',
      found: `${programs.join(', ') || 'none'}, exit code ${status}`,
    });
  await copyFile(path.join(dump, programs[0]!), path.join(folder, 'program.hlo.pb'));
  await rm(dump, { recursive: true });
}
