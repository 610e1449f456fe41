import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { toolVariables } from '@atelier/environment';
import { UserError, WorldError } from '@atelier/errors';
import { command, type Flags, print, withFolder, writeResult } from './command.ts';
import { updateDocument } from './generated-section.ts';
import { interleave } from './interleave.ts';
import { describeMachine } from './machine.ts';
import { makePictures, type PictureKind } from './make-pictures.ts';
import { formatPictures, nameOf, type PictureRow, type PicturesResult } from './pictures-result.ts';
import { isComplete, pythonEnvironment } from './python-environment.ts';
import { summarise } from './statistics.ts';

/** Of a side, as pictures are trained on. */
const size = 32;

/** As large as ImageNet's pictures are on average, about. */
const imageNets = { format: 'JPEG', width: 500, height: 375, grain: 100, count: 2000 } as const;

/**
 * As large as a telephone's photographs, a web page's, ImageNet's, STL-10's and CIFAR's. The grain gives them about
 * as many bits a pixel as photographs of such sizes have. There are enough of them that what an import does once,
 * as its last write to the disk, is a small part.
 */
const kinds: readonly (PictureKind & { count: number })[] = [
  { format: 'JPEG', width: 4032, height: 3024, grain: 40, count: 60 },
  { format: 'JPEG', width: 1024, height: 768, grain: 40, count: 500 },
  imageNets,
  { format: 'JPEG', width: 96, height: 96, grain: 60, count: 10_000 },
  { format: 'PNG', width: 1024, height: 768, grain: 20, count: 500 },
  { format: 'PNG', width: 500, height: 375, grain: 20, count: 2000 },
  { format: 'PNG', width: 32, height: 32, grain: 20, count: 60_000 },
];

interface Answer {
  seconds: number;
  pictures: number;
  peakBytes?: number;
  versions?: Record<string, string>;
}

const atelier = [
  ...[process.execPath, '--import', 'tsx'],
  fileURLToPath(new URL('pictures-child.ts', import.meta.url)),
];

/** Both get the same core, one after the other. */
const pinned = ['taskset', '--cpu-list', '0'];

await command((flags) => withFolder((folder) => pictures(folder, flags)));

/**
 * Measures the import of a folder of pictures against torchvision's ImageFolder, on one core each; with
 * `--files N` one import of so many besides, with its memory.
 */
async function pictures(directory: string, { smoke, files }: Flags): Promise<void> {
  const environment = pythonEnvironment();
  if (!isComplete(environment))
    throw new UserError({
      what: 'torchvision is not installed.',
      where: environment.directory,
      remedy: 'npx nx run benchmarks:setup',
    });
  const torchvision = [
    environment.interpreter,
    fileURLToPath(new URL('../python/pictures.py', import.meta.url)),
  ];
  const repetitions = smoke ? 1 : 5;
  const rows: PictureRow[] = [];
  let versions: Record<string, string> = {};
  for (const kind of smoke ? [imageNets] : kinds) {
    const folder = path.join(directory, nameOf(kind));
    const count = smoke ? 20 : kind.count;
    print(`making ${count} pictures: ${nameOf(kind)}`);
    await makePictures(folder, kind, count, Math.ceil(count / 5));
    const contender = (program: readonly string[], ...how: string[]) => ({
      repetition: async () => run([...pinned, ...program, folder, `${size}`, ...how], count),
    });
    const onRound = (round: number) =>
      print(round === 0 ? 'warming up' : `repetition ${round} of ${repetitions}`);
    const [ours, bare, theirs] = await interleave(
      [contender(atelier, 'atelier'), contender(atelier, 'sharp'), contender(torchvision)],
      { count: repetitions, onRound },
    );
    versions = theirs![0]!.versions!;
    const seconds = (answers: readonly Answer[]) => summarise(answers.map((one) => one.seconds));
    const row = { kind: nameOf(kind), pictures: count };
    rows.push({ ...row, name: 'Atelier', seconds: seconds(ours!) });
    rows.push({ ...row, name: 'sharp alone', seconds: seconds(bare!) });
    rows.push({ ...row, name: 'ImageFolder', seconds: seconds(theirs!) });
    await rm(folder, { recursive: true });
  }
  const many = files === undefined ? undefined : await importMany(directory, files);
  const { torch, ...others } = versions;
  const result: PicturesResult = {
    ...{ schemaVersion: 2, date: new Date().toISOString() },
    machine: describeMachine({ ...(torch && { torch }) }),
    ...{ versions: others, rows },
    ...(many && { many }),
  };
  print(`\n${formatPictures(result)}`);
  if (smoke) return;
  await writeResult('pictures', result);
  await updateDocument('pictures', formatPictures(result));
}

async function importMany(directory: string, files: number): Promise<PicturesResult['many']> {
  const folder = path.join(directory, 'many');
  print(`making ${files} files`);
  await makePictures(folder, imageNets, files, Math.min(files, 500));
  print(`importing ${files} files`);
  const { seconds, peakBytes = 0 } = run([...atelier, folder, `${size}`, 'atelier'], files);
  return { files, seconds, peakBytes };
}

/** In a process of its own. */
function run([program, ...parameters]: readonly string[], pictures: number): Answer {
  const { stdout, stderr, status, error } = spawnSync(program!, parameters, {
    encoding: 'utf8',
    env: toolVariables({}),
  });
  const failed = (found: string) =>
    new WorldError({ what: 'The pictures were not read.', where: parameters.join(' '), found });
  if (error || status !== 0) throw failed(error?.message ?? stderr.trim());
  const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
  if (answer.pictures === pictures) return answer;
  throw failed(`${answer.pictures} pictures of ${pictures}`);
}
