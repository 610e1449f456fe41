import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFlags } from './flags.ts';
import { readOptions, readRetrySettings } from './read-options.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atelier-options-'));
});
afterAll(() => rm(folder, { recursive: true }));

const base = () => ({ workingDirectory: folder, workspace: '/workspace' });

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

test('the defaults are the reference run', async () => {
  const options = await readOptions({ ...base(), flags: [] });
  expect(options.dataset).toBe('/workspace/datasets/fashion-mnist.json');
  expect(options.recipe).toMatchObject({ epochs: 120, batchSize: 128, weightDecay: 0.19 });
  expect(options.network).toMatchObject({ architecture: 'mlp', widths: [144, 128, 128, 128] });
});

test('flags win over the file, the file over the defaults', async () => {
  const config = await file(
    'a.yaml',
    'dataset: here.json\nseed: 5\nrecipe:\n  epochs: 7\n  batchSize: 64\n',
  );
  const flags = readFlags({ epochs: '9', widths: '32,32', residual: '2', mirror: ['file://data'] });
  const options = await readOptions({ ...base(), file: config, flags, mirror: 'http://ignored' });
  expect(options.recipe).toMatchObject({ epochs: 9, batchSize: 64 });
  expect(options).toMatchObject({ seed: 5, network: { widths: [32, 32], residual: 2 } });
  expect(options.dataset).toBe(join(folder, 'here.json'));
  expect(options.mirrors).toEqual([`file://${folder}/data`]);
});

const workspace = fileURLToPath(new URL('../../../..', import.meta.url));

test('a recipe gives way to the file, and both to flags', async () => {
  const own = await file(
    'own.yaml',
    'filters: [8, 16]\narchitecture: cnn\nepochs: 3\nbatchSize: 50\n',
  );
  const config = await file('beside.yaml', 'recipe: { batchSize: 60, weightDecay: 0.1 }\n');
  const flags = readFlags({ weightDecay: '0.2' });
  const options = await readOptions({
    ...base(),
    workspace,
    recipe: `./${own}`,
    file: config,
    flags,
  });
  expect(options.network).toEqual({
    architecture: 'cnn',
    filters: [8, 16],
    activation: 'gelu',
    dropout: 0.3,
  });
  expect(options.recipe).toMatchObject({ epochs: 3, batchSize: 60, weightDecay: 0.2 });
  expect(options).toMatchObject({ namesDataset: false, splitSeed: 1 });
  const other = readFlags({ architecture: 'mlp' });
  const trained = await readOptions({ ...base(), workspace, recipe: own, flags: other });
  expect(trained).toMatchObject({
    network: { widths: [144, 128, 128, 128] },
    recipe: { epochs: 3 },
  });
});

test.each(readdirSync(join(workspace, 'recipes')))(
  'recipes/%s is what its name says',
  async (name) => {
    const at = { ...base(), workspace, recipe: name.replace('.yaml', ''), flags: [] };
    expect((await readOptions(at)).network.architecture).toBe(at.recipe);
  },
);

test('a recipe that is not there, or says more than a recipe, is refused by name', async () => {
  const why = (recipe: string) =>
    readOptions({ ...base(), workspace, recipe, flags: [] }).then(String, (error) => error.message);
  expect(await why('cn')).toMatch(
    /recipes\/cn\.yaml[\s\S]*one of cnn, [\s\S]*no such file[\s\S]*--recipe/,
  );
  expect(await why('./cnn.yaml')).toContain(join(folder, 'cnn.yaml'));
  expect(await why(await file('more.yaml', 'epochs: 3\nseed: 4\n'))).toMatch(
    /cannot say seed[\s\S]*more\.yaml[\s\S]*--config/,
  );
  expect(
    await why(await file('wrong.yaml', 'network: { architecture: cnn, widths: [8] }\n')),
  ).toMatch(/network\.widths[\s\S]*wrong\.yaml/);
});

test('a relative mirror is used whole, or refused by name', async () => {
  const at = { ...base(), workingDirectory: '/my work' };
  const mirrorsOf = async (mirror: string) =>
    (await readOptions({ ...at, flags: readFlags({ mirror: [mirror] }) })).mirrors;
  expect(await mirrorsOf('file://a b%23c')).toEqual(['file:///my%20work/a b%23c']);
  await expect(mirrorsOf('file://a#b')).rejects.toThrow('%23');
  await expect(mirrorsOf('file://localhost/a')).rejects.toThrow('absolute path');
});

test("the environment's mirror counts where nothing else is said", async () => {
  const options = await readOptions({ ...base(), flags: [], mirror: 'https://mirror.example' });
  expect(options.mirrors).toEqual(['https://mirror.example']);
});

test('JSON is as good as YAML, an empty file as none', async () => {
  const json = await file('b.json', '{"recipe": {"epochs": 2}}');
  expect((await readOptions({ ...base(), file: json, flags: [] })).recipe.epochs).toBe(2);
  const empty = await file('c.yaml', '');
  expect((await readOptions({ ...base(), file: empty, flags: [] })).recipe.epochs).toBe(120);
});

const refused = async (flags: Record<string, unknown>, config?: string): Promise<string> => {
  const sources = { ...base(), file: config, flags: readFlags(flags) };
  return readOptions(sources).then(
    () => 'accepted',
    (error: Error) => error.message,
  );
};

test.each([
  [{ epochs: '0' }, ['--epochs', 'at least 1', 'found: 0']],
  [{ epochs: '1.5' }, ['--epochs', 'a whole number', 'found: 1.5']],
  [{ epochs: 'many' }, ['--epochs', 'a number', '"many"']],
  [{ batchSize: '1' }, ['--batchSize', 'at least 2', 'found: 1']],
  [{ learningRate: '-1' }, ['--learningRate', 'more than 0', 'found: -1']],
  [{ dropout: '1' }, ['--dropout', 'less than 1', 'found: 1']],
  [{ engine: 'fast' }, ['--engine', 'compiled or eager', '"fast"']],
  [{ widths: '128,x' }, ['--widths', 'a number', '"x"']],
  [{ widths: '144,128', residual: '2' }, ['--residual', 'as wide as the one before']],
  [{ seed: '-1' }, ['--seed', 'at least 0', 'found: -1']],
  [{ mirror: ['ftp://x'] }, ['--mirror', 'http://', 'ftp://x']],
  [{ mirror: ['https://me:word@x/y'] }, ['--mirror', 'without user and password', '…@x/y']],
  [{ mirror: ['https://x/y?token=1'] }, ['--mirror', 'without a query', 'https://x/y…']],
])('%j is refused with field, expectation and finding', async (flags, parts) => {
  const message = await refused(flags);
  for (const part of parts) expect(message).toContain(part);
});

test('what stands where a group belongs is refused, not replaced', async () => {
  for (const text of ['recipe: hi\n', 'recipe: [1]\n'])
    for (const [flags, more] of [
      [{}, 'epochs: 2\n'],
      [{ epochs: '2' }, ''],
    ] as const) {
      const message = await refused(flags, await file('k.yaml', text + more));
      expect(message).toMatch(
        /^recipe cannot have this value[\s\S]*a group of fields[\s\S]*(hi|\[1\])/,
      );
    }
  const empty = await file('l.yaml', 'recipe:\nepochs: 2\n');
  expect((await readOptions({ ...base(), file: empty, flags: [] })).recipe.epochs).toBe(2);
});

test('a flag that repeats a secret of an address does not show it', async () => {
  for (const mirror of ['http:///me:hush@x/y', 'https://x/#token=hush', 'https://me:hush@x'])
    expect(await refused({ mirror: [mirror] })).not.toContain('hush');
});

test('a setting of another kind of network is named with those of the one that is chosen', async () => {
  const cnn = await refused({ architecture: 'cnn', widths: '8' });
  expect(cnn).toMatch(/^--widths is for another architecture/);
  expect(cnn).toMatch(/one of architecture, filters, .*dropout/);
  expect(cnn).not.toMatch(/one of .*widths/);
  const mlp = await refused({}, await file('m.yaml', 'network: { filters: [8] }\n'));
  expect(mlp).toMatch(/unknown field: network.filters[\s\S]*one of architecture, widths/);
  expect(mlp).not.toMatch(/one of .*filters/);
});

test('an unknown field is named with those that there are', async () => {
  const config = await file('d.yaml', 'recipe:\n  epoch: 3\n');
  const message = await refused({}, config);
  expect(message).toContain('unknown field: recipe.epoch');
  expect(message).toContain('epochs, batchSize');
  expect(message).toContain(join(folder, 'd.yaml'));
});

test("a file may use the flags' names, but say nothing twice", async () => {
  const flat = await file('g.yaml', 'epochs: 4\nwidths: [64, 64]\nresidual: 2\nseed: 3\n');
  const options = await readOptions({ ...base(), file: flat, flags: [] });
  expect(options).toMatchObject({ seed: 3, recipe: { epochs: 4 }, network: { widths: [64, 64] } });
  const twice = await file('h.yaml', 'epochs: 4\nrecipe:\n  epochs: 5\n');
  expect(await refused({}, twice)).toContain('says epochs twice');
  expect(await refused({}, await file('i.yaml', 'epoch: 4\n'))).toContain(
    'recipe, nightlySeeds, architecture, widths',
  );
});

test('a byte order mark is no part of a configuration, and a folder is none', async () => {
  const marked = await file('j.yaml', '\uFEFFepochs: 4\n');
  expect((await readOptions({ ...base(), file: marked, flags: [] })).recipe.epochs).toBe(4);
  const message = await refused({}, '.');
  expect(message).toMatch(/where: .*atelier-options-.*\n.*JSON or YAML file\n.*found: a folder\n/);
  expect(message).toContain('--config');
});

test('a file that is missing or no configuration is named', async () => {
  expect(await refused({}, 'absent.yaml')).toContain('no such file');
  expect(await refused({}, await file('e.yaml', '- 1\n- 2\n'))).toContain('a list');
  expect(await refused({}, await file('f.yaml', 'a: [1\n'))).toContain('f.yaml');
});

test('retry reads the settings that say how a stage works, and no others', async () => {
  const options = {
    mirror: ['file://data', 'https://b'],
    threads: '2',
    epochs: '3',
    stage: 'data',
  };
  expect(await readRetrySettings(options, '/here')).toEqual({
    mirrors: ['file:///here/data', 'https://b'],
    threads: 2,
  });
  expect(await readRetrySettings({ evaluationBatch: 'all' }, '/here')).toEqual({
    evaluationBatch: 'all',
  });
});
