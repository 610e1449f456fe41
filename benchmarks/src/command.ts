import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { UserError, WorldError } from '@atelier/errors';

export interface Flags {
  /** A try: few steps, two repetitions, nothing written. */
  smoke: boolean;
  /** Keys of the rows to measure; nothing is written then. */
  only: string[] | undefined;
  /** The folder to write into, where a command writes one. */
  out: string | undefined;
  /** The network, where a command can take several. */
  architecture: string | undefined;
  /** How many pictures, where a command can take any number. */
  pictures?: number | undefined;
  /** How many files are imported at once, where a command can do that besides. */
  files?: number | undefined;
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** A benchmark's main: what fails is told without a stack where it was foreseen. */
export async function command(run: (flags: Flags) => Promise<void>): Promise<void> {
  try {
    await run(readFlags());
  } catch (error) {
    const foreseen = error instanceof UserError || error instanceof WorldError;
    process.stderr.write(`${foreseen ? error.message : (error as Error).stack}\n`);
    process.exitCode = 1;
  }
}

function readFlags(): Flags {
  try {
    const { values } = parseArgs({
      options: {
        smoke: { type: 'boolean', default: false },
        only: { type: 'string' },
        out: { type: 'string' },
        architecture: { type: 'string' },
        pictures: { type: 'string' },
        files: { type: 'string' },
      },
    });
    const { smoke, only, out, architecture } = values;
    const [pictures, files] = (['pictures', 'files'] as const).map((name) => {
      const text = values[name];
      const count = text === undefined ? undefined : Number(text);
      if (count === undefined || (Number.isInteger(count) && count > 0)) return count;
      throw new Error(`--${name} ${text}`);
    });
    return { smoke, only: only?.split(','), out, architecture, pictures, files };
  } catch (error) {
    throw new UserError({
      what: 'The command line cannot be read.',
      expected:
        '--smoke (a quick try), --only row,row (some rows), --out folder, --architecture mlp or cnn (of benchmarks:program), --pictures n (of benchmarks:large-data) and --files n (of benchmarks:pictures)',
      found: (error as Error).message,
    });
  }
}

/** A folder of its own for one benchmark, removed when the process ends, Ctrl-C included. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'atelier-benchmark-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(130));
  await use(folder);
}

const results = fileURLToPath(new URL('../results', import.meta.url));

/** Writes benchmarks/results/NAME.json. */
export async function writeResult(name: string, result: object): Promise<void> {
  await mkdir(results, { recursive: true });
  await writeFile(path.join(results, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
