import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildPackage, published } from '../scripts/build.ts';
import type { CodeBlock } from './code-blocks.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const folderOf = (name: string): string => dirname(require.resolve(`${name}/package.json`));
/** The package that has tfjs-node's code in this repository. */
const addon = '@tensorflow/tfjs-node-gpu';
const compiler = require.resolve('typescript/bin/tsc');

/** An empty project outside of this repository that the package was installed in. */
export interface Project {
  /** Paths of the tarball's files, from `package.json` on. */
  files: string[];
  /** What a module of `modules` prints. */
  print(number: number): Promise<string>;
  remove(): void;
}

/**
 * Builds the package, packs it, and installs the tarball as npm does, beside the tfjs-node of this repository, whose
 * addon and library its recipe has provided.
 * @param modules of the project; those in TypeScript are checked and translated
 */
export async function installPackage(modules: readonly CodeBlock[]): Promise<Project> {
  await buildPackage();
  const folder = mkdtempSync(join(tmpdir(), 'installed-'));
  const npm = (...args: string[]) => run('npm', args, { cwd: folder });
  const { stdout } = await npm('pack', '--json', published);
  const [{ filename, files }] = JSON.parse(stdout);
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { '@atelier/graph': `file:${filename}`, ...peers() },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  await npm('install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund');
  for (const [i, { language, code }] of modules.entries())
    writeFileSync(join(folder, `module-${i}.${language}`), code);
  await translate(folder);
  return {
    files: (files as { path: string }[]).map(({ path }) => path),
    print: async (i) => (await run(process.execPath, [`module-${i}.js`], { cwd: folder })).stdout,
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** The package's peers, linked to what this repository has of them. */
function peers(): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(published, 'package.json'), 'utf8'));
  const names = Object.keys(manifest.peerDependencies).filter((name) => name !== addon);
  const folder = (name: string) => folderOf(name === '@tensorflow/tfjs-node' ? addon : name);
  return Object.fromEntries(names.map((name) => [name, `file:${folder(name)}`]));
}

/** By the compiler as a project for Node has it. tfjs's own declarations need skipLibCheck. */
async function translate(folder: string): Promise<void> {
  const options = { module: 'NodeNext', target: 'ES2022', strict: true, skipLibCheck: true };
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
  );
  // Its output says what is wrong; an error of execFile would not.
  await run(process.execPath, [compiler, '-p', folder]).catch(({ stdout }: { stdout: string }) =>
    Promise.reject(new Error(stdout)),
  );
}
