import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workspace } from './made-program.mjs';
import { programArguments } from './program.mjs';

const cache = join(workspace, 'node_modules', '.cache');
const keptAs = (entry: string): string =>
  join(cache, 'atelier-programs', relative(workspace, entry).replaceAll('/', '.'));

let folder: string;

beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'programs-test-'));
  write('package.json', '{ "type": "module" }');
});
afterAll(() => {
  for (const name of ['main.ts', 'other.ts', 'lazy.ts', 'nested.ts', 'common.ts'])
    rmSync(keptAs(join(folder, name)), { recursive: true, force: true });
  rmSync(folder, { recursive: true });
});

function write(name: string, source: string): string {
  writeFileSync(join(folder, name), source);
  return join(folder, name);
}

function run(entry: string, ...rest: string[]) {
  const args = programArguments(pathToFileURL(entry), ...rest);
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

const greeting = (word: string): string => `export const word: string = '${word}';\n`;

test('a program runs as its sources say, also after one of them was changed', () => {
  write('word.ts', greeting('good morning'));
  const entry = write(
    'main.ts',
    `import { dirname } from 'node:path';
     import { word } from './word.ts';
     console.log(JSON.stringify([word, dirname(new URL(import.meta.url).pathname), ...process.argv.slice(1)]));`,
  );
  const said = () => JSON.parse(run(entry, '--epochs', '2').stdout);
  expect(said()).toEqual(['good morning', dirname(entry), entry, '--epochs', '2']);
  expect(said()[0]).toBe('good morning');
  write('word.ts', greeting('good evening'));
  expect(said()[0]).toBe('good evening');
});

test('what is imported when it is needed is not run before; an error names its line', () => {
  write('part.ts', "console.log('loaded');\nthrow new Error('in the part');\n");
  const entry = write(
    'lazy.ts',
    "console.log('begun');\nif (process.argv[2] === 'all') await import('./part.ts');\n",
  );
  expect(run(entry).stdout).toBe('begun\n');
  const { stdout, stderr } = run(entry, 'all');
  expect(stdout).toBe('begun\nloaded\n');
  expect(stderr).toContain(`${join(folder, 'part.ts')}:2:7`);
});

test('a package of which the importing one has another version is that other version', () => {
  const own = join(folder, 'node_modules', 'zod');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'package.json'), '{ "type": "module", "exports": "./own.js" }');
  writeFileSync(join(own, 'own.js'), "export const z = 'its own';\n");
  const entry = write('nested.ts', "import { z } from 'zod';\nconsole.log(z);\n");
  expect(run(entry).stdout).toBe('its own\n');
});

test('a CommonJS package gives its names, loaded once and only when it is needed', () => {
  const own = join(folder, 'node_modules', 'older');
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, 'package.json'), '{ "main": "older.js" }');
  const source = "console.log('loaded');\nexports.name = 'older';\nexports.file = __filename;\n";
  writeFileSync(join(own, 'older.js'), source);
  write('uses.ts', "import { name } from 'older';\nconsole.log(name);\n");
  const entry = write(
    'common.ts',
    `import { createRequire } from 'node:module';
     console.log('begun');
     await import('./uses.ts');
     const { default: whole, file } = await import('older');
     console.log(file, whole === createRequire(import.meta.url)('older'));`,
  );
  const file = join(own, 'older.js');
  expect(run(entry).stdout).toBe(`begun\nloaded\nolder\n${file} true\n`);
});

test('where a program cannot be kept, its sources are run as they are', () => {
  const entry = write('other.ts', "const said: string = 'as it is';\nconsole.log(said);\n");
  mkdirSync(dirname(keptAs(entry)), { recursive: true });
  writeFileSync(keptAs(entry), 'a file in the way');
  expect(run(entry).stdout).toBe('as it is\n');
});
