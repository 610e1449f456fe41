import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { stampOf, workspace } from './made-program.mjs';

/** Changes when packages are installed, which may then lie elsewhere. */
const installed = join('node_modules', '.package-lock.json');
/** Programs made earlier that stay: a process that runs one may still load a part of it. */
const kept = 10;

/**
 * Makes a program of an entry point and what it imports of the workspace; packages from elsewhere
 * are imported when it runs. Where nothing can be written, the sources are run as they are.
 * @param {string} entry
 * @param {string} folder where it is kept
 * @returns {Promise<string>} the URL of the module to import
 */
export async function compileProgram(entry, folder) {
  const began = Date.now();
  const { outputFiles, metafile } = await build({
    entryPoints: { main: entry },
    absWorkingDir: workspace,
    // As deep as it will lie: source maps are relative.
    outdir: join(folder, 'made'),
    bundle: true,
    // What a program imports when it needs it stays apart until then.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // As Node resolves, without the conditions of bundlers.
    conditions: ['node'],
    outExtension: { '.js': '.mjs' },
    sourcemap: 'linked',
    // Node reads the map of every part that it loads; the sources lie where they lay.
    sourcesContent: false,
    write: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [packagesStayOutside, sourcesKnowTheirPlace],
  });
  const digest = createHash('sha256');
  for (const { path, contents } of outputFiles) digest.update(path).update(contents);
  const version = digest.digest('hex').slice(0, 16);
  const target = join(folder, version);
  /** @type {import('./made-program.mjs').MadeProgram} */
  const made = { workspace, main: join(version, 'main.mjs'), sources: {} };
  for (const path of [...Object.keys(metafile.inputs), installed]) {
    const stamp = stampOf(path);
    if (stamp) made.sources[path] = stamp;
  }
  // A source that was changed while it was read may have been read before or after.
  const isSteady = Object.values(made.sources).every(([, changed]) => changed < began);
  const draft = `${target}.${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    for (const { path, contents } of outputFiles)
      await writeFile(join(draft, basename(path)), contents);
    // Another process may have made the same.
    await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
    if (isSteady) {
      await writeFile(`${draft}.json`, JSON.stringify(made));
      await rename(`${draft}.json`, join(folder, 'current.json'));
    }
    await prune(folder, version);
  } catch {
    const { register } = await import('tsx/esm/api');
    register();
    return pathToFileURL(entry).href;
  }
  return pathToFileURL(join(target, 'main.mjs')).href;
}

/** @type {import('esbuild').Plugin} */
const packagesStayOutside = {
  name: 'packages-stay-outside',
  setup({ onLoad, onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      const isOurs = kind === 'entry-point' || path.startsWith('@atelier/') || isBuiltin(path);
      if (isOurs || pluginData === packagesStayOutside) return undefined;
      const found = await resolve(path, { kind, resolveDir, pluginData: packagesStayOutside });
      // Of what needs nothing else, the parts that are used come in: of zod all but its languages.
      if (standsAlone(found.path)) return found;
      const required = commonJsFile(path, importer);
      if (required !== undefined)
        return kind === 'dynamic-import'
          ? { path: pathToFileURL(required).href, external: true }
          : { path: required, namespace: 'required' };
      const [scope = '', rest = ''] = path.split('/');
      const name = scope.startsWith('@') ? join(scope, rest) : scope;
      // Found from below node_modules, unless the package that imports it has one of its own.
      if (!hasOfItsOwn(dirname(importer), name)) return { path, external: true };
      return { path: pathToFileURL(found.path).href, external: true, errors: found.errors };
    });
    // Imported, Node would look through its source, and that of all it requires, for names.
    onLoad({ filter: /./, namespace: 'required' }, ({ path }) => {
      const file = JSON.stringify(path);
      const require = `process.getBuiltinModule('node:module').createRequire(${file})`;
      return { contents: `module.exports = ${require}(${file});`, loader: 'js' };
    });
  },
};

/**
 * The file that requiring a package runs, if it is CommonJS.
 * @param {string} specifier
 * @param {string} importer the path of the module that imports it
 * @returns {string | undefined}
 */
function commonJsFile(specifier, importer) {
  try {
    const file = createRequire(importer).resolve(specifier);
    return isModule(file) ? undefined : file;
  } catch {
    // Made for `import` alone.
    return undefined;
  }
}

/**
 * Whether Node takes a file for an ES module.
 * @param {string} file
 */
const isModule = (file) =>
  file.endsWith('.mjs') || (file.endsWith('.js') && packageOf(file).type === 'module');

/**
 * Whether a file is of a package of ES modules that depends on no other.
 * @param {string} file
 */
function standsAlone(file) {
  const { type, dependencies = {}, peerDependencies = {} } = packageOf(file);
  return type === 'module' && Object.keys({ ...dependencies, ...peerDependencies }).length === 0;
}

/**
 * @param {string} file
 * @returns {{ type?: string, dependencies?: object, peerDependencies?: object }} the package.json
 *   that says how the file is meant
 */
function packageOf(file) {
  for (let at = dirname(file); dirname(at) !== at; at = dirname(at)) {
    const described = join(at, 'package.json');
    if (existsSync(described)) return JSON.parse(readFileSync(described, 'utf8'));
  }
  return {};
}

/**
 * @param {string} folder in the workspace
 * @param {string} name a package's
 */
function hasOfItsOwn(folder, name) {
  for (let at = folder; at.startsWith(workspace) && at !== workspace; at = dirname(at))
    if (existsSync(join(at, 'node_modules', name))) return true;
  return false;
}

/** @type {import('esbuild').Plugin} */
const sourcesKnowTheirPlace = {
  name: 'sources-know-their-place',
  setup({ onLoad }) {
    onLoad({ filter: /[.](ts|m?js)$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      const contents = source.replaceAll('import.meta.url', url);
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/**
 * @param {string} folder
 * @param {string} version the one that was just made
 */
async function prune(folder, version) {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const aged = await Promise.all(
    names
      .filter((name) => name !== version)
      .map(async (name) => ({ name, time: (await stat(join(folder, name))).mtimeMs })),
  );
  aged.sort((a, b) => b.time - a.time);
  for (const { name } of aged.slice(kept - 1))
    await rm(join(folder, name), { recursive: true, force: true });
}
