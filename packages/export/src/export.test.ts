import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeSplit } from '@atelier/data';
import { readEnvironment } from '@atelier/environment';
import { initialModel, networkFor, tensorSpecs } from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { loadTensorFlow } from '@atelier/tensorflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExportedModel } from './exported-model.ts';
import {
  drawn,
  expected,
  largestDifference,
  pixelsOf,
  pythonWith,
  readBy,
  writeFiles,
} from './fixtures/read-export.ts';
import { exactClassifier } from './formats/classifier-module.ts';
import { distinctLayers } from './formats/layer-names.ts';
import { modelProto } from './formats/onnx-schema.ts';
import {
  exportedModel,
  type FormatName,
  formatNames,
  formats,
  readBack,
  type TrainedModel,
} from './index.ts';

beforeAll(() => void loadTensorFlow({ threads: 1 }));
const directory = mkdtempSync(join(tmpdir(), 'export-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Neither a line of the module nor a page's script ends at a name. */
const origin = { run: 'run\u2028throw 1;', sha256: 'ab'.repeat(32) };
const classes = ['T-shirt/top', '</script>\u2028', 'дом'];

/** A network that has seen something: statistics, scales and biases are not those of the beginning. */
function trained(
  options: object,
  shape: TrainedModel['shape'],
  normalisation: TrainedModel['normalisation'],
): TrainedModel {
  const network = networkFor(networkOptionsSchema.parse(options), shape, classes.length);
  const model = initialModel(network, 7);
  for (const [i, { name, role }] of tensorSpecs(network).entries())
    if (role !== 'weight') {
      const { data } = model.tensors[name]!;
      const positive = role === 'runningVariance' || role === 'scale';
      data.set(drawn(data.length, i).map((x) => (positive ? 2 * x + 0.1 : x - 0.5)));
    }
  return { model, shape, normalisation, classes, origin };
}

const write = (format: FormatName, model: TrainedModel): string =>
  writeExported(format, exportedModel(model));

const writeExported = (format: FormatName, model: ExportedModel): string =>
  writeFiles(directory, format, formats[format].encode(model));

const grey = { height: 5, width: 7, channels: 1 };
const colour = { height: 9, width: 6, channels: 3 };
const ofGrey = { mean: 0.3, std: 0.35 };
const ofColours = { mean: [0.5, 0.4, 0.2], std: [0.2, 0.25, 0.3] };

const networks: Record<string, TrainedModel> = {
  'mlp, residual': trained({ widths: [12, 9, 9], residual: 3 }, grey, ofGrey),
  'mlp, plain, in colour': trained({ widths: [8], residual: 0 }, colour, ofColours),
  'cnn, gelu, until one row is left': trained(
    { architecture: 'cnn', filters: [3, 4, 5, 6], activation: 'gelu' },
    colour,
    ofColours,
  ),
  'cnn, relu, earlier normalisation': trained(
    { architecture: 'cnn', filters: [5], activation: 'relu' },
    colour,
    ofGrey,
  ),
  'resnet, relu': trained(
    { architecture: 'resnet', filters: [3, 4], activation: 'relu' },
    colour,
    ofColours,
  ),
};

const python = pythonWith('torch', readEnvironment());
const pythonWithOnnx = pythonWith('onnx', readEnvironment());
/** PyTorch takes seconds to begin: two networks have all operations between them. */
const isTried = (name: string, format: FormatName): boolean =>
  format !== 'pytorch' || name === 'mlp, residual' || name === 'resnet, relu';

const cases = Object.keys(networks).flatMap((name) =>
  formatNames.filter((format) => isTried(name, format)).map((format) => [name, format] as const),
);

describe.each(cases)('%s as %s', (name, format) => {
  test.skipIf(format === 'pytorch' && !python)('gives what tfjs gives', async () => {
    const model = networks[name]!;
    const pixels = pixelsOf(model.shape, 40);
    const found = await readBy(format, model, write(format, model), pixels, python);
    const wanted = expected(model, pixels);
    expect(found).toHaveLength(wanted.length);
    // Not one class for all images, else much could be wrong and not be seen.
    expect(new Set(Array.from(wanted, (p) => p.toFixed(2))).size).toBeGreaterThan(10);
    expect(largestDifference(found, wanted)).toBeLessThan(1e-5);
  });
});

test('weights of more than 4 MiB are several files of a tfjs model, which names its classes', async () => {
  const model = trained({ widths: [1024, 1024], residual: 0 }, grey, ofGrey);
  const path = write('tfjs', model);
  const { weightsManifest, userDefinedMetadata } = JSON.parse(
    readFileSync(join(path, 'model.json'), 'utf8'),
  );
  expect(weightsManifest[0].paths).toEqual(['group1-shard1of2.bin', 'group1-shard2of2.bin']);
  expect(userDefinedMetadata).toEqual({ classes, image: grey, origin });
  const pixels = pixelsOf(model.shape, 8);
  const found = await readBy('tfjs', model, path, pixels);
  expect(largestDifference(found, expected(model, pixels))).toBeLessThan(1e-5);
});

test('the js module of the default network has less than 0.6 MB, and says what tfjs says', async () => {
  const image = { height: 28, width: 28, channels: 1 };
  const network = networkFor(networkOptionsSchema.parse({}), image, classes.length);
  const ofRun = { normalisation: ofGrey, classes, origin };
  const model = { model: initialModel(network, 7), shape: image, ...ofRun };
  const path = write('js', model);
  expect(statSync(path).size).toBeLessThan(600_000);
  const pixels = pixelsOf(image, 200);
  const found = await readBy('js', model, path, pixels);
  expect(largestDifference(found, expected(model, pixels))).toBeLessThan(1e-5);
  // What the rounding of its weights has of that.
  const { probabilities } = await exactClassifier(exportedModel(model));
  expect(largestDifference(found, probabilities(pixels))).toBeLessThan(1e-6);
});

test('where there is no PyTorch, the export says so, and what to do', async () => {
  const model = networks['mlp, residual']!;
  const path = write('pytorch', model);
  for (const [python, found] of [
    [process.execPath, /bad option|SyntaxError|-B/],
    ['/nowhere/python', /ENOENT/],
  ] as const)
    await expect(formats.pytorch.read(path, model.shape, python)).rejects.toMatchObject({
      name: 'UserError',
      failure: {
        ...{ where: python, found: expect.stringMatching(found) },
        remedy: expect.stringContaining('ATELIER_PYTHON'),
      },
    });
});

test('the js module runs in a Node that has nothing else, and in a thread of it', () => {
  const model = networks['mlp, residual']!;
  const path = write('js', model);
  expect(readFileSync(path, 'utf8')).not.toMatch(/^\s*import\b|\brequire\(|\bprocess\b/m);
  expect(readFileSync(path, 'utf8')).not.toContain('</script>');
  const pixels = pixelsOf(model.shape, 1);
  // The same file is the program and its thread.
  const script = join(directory, 'user.mjs');
  writeFileSync(
    script,
    `import { isMainThread, parentPort, Worker } from 'node:worker_threads';
    import { classify, image, origin } from ${JSON.stringify(path)};
    const said = classify(${JSON.stringify([...pixels])});
    let refused; try { classify([1, 2]) } catch (error) { refused = error.message }
    if (!isMainThread) parentPort.postMessage(said);
    else new Worker(new URL(import.meta.url)).on('message', (threaded) =>
      console.log(JSON.stringify({ image, origin, refused, said, threaded })));`,
  );
  const printed = execFileSync(process.execPath, [script], { cwd: directory, env: {} });
  const { refused, said, threaded, ...told } = JSON.parse(printed.toString());
  expect(told).toEqual({ image: grey, origin });
  expect(refused).toMatch(/35 values an image \(5 x 7 x 1\), found 2/);
  const wanted = [...expected(model, pixels)].map((probability, c) => ({
    ...{ class: classes[c], probability: expect.closeTo(probability, 5) },
  }));
  expect(said).toHaveLength(3);
  expect(threaded).toEqual(said);
  expect(said).toEqual(expect.arrayContaining(wanted));
  expect(said[0].probability).toBeGreaterThanOrEqual(said[1].probability);
});

test('the js module refuses what are no pixels, and says where and what it takes', async () => {
  const path = write('js', networks['mlp, residual']!);
  const { classify, probabilities } = (await import(path)) as Record<
    'classify' | 'probabilities',
    (pixels?: ArrayLike<unknown>) => ArrayLike<unknown>
  >;
  const two = [...pixelsOf(grey, 2)];
  const one = two.slice(0, 35);
  expect([classify(one).length, probabilities(two).length]).toEqual([3, 6]);
  for (const value of [256, -1, 0.5, Number.NaN, '7', undefined, null, [1], 1n]) {
    const message = `from 0 to 255, not yet normalised; found ${value} at pixels`;
    expect(() => classify(one.with(34, value as number))).toThrow(
      expect.objectContaining({
        name: 'RangeError',
        message: expect.stringContaining(`${message}[34]`),
      }),
    );
    expect(() => probabilities(two.with(36, value as number))).toThrow(`${message}[36]`);
  }
  for (const [take, given, found] of [
    [classify, two, 70],
    [classify, one.slice(1), 34],
    [probabilities, [...two, 0], 71],
    [classify, undefined, undefined],
    [probabilities, {}, undefined],
  ] as const)
    expect(() => take(given as number[])).toThrow(
      new RangeError(`Expected 35 values an image (5 x 7 x 1), found ${found}.`),
    );
});

test('the ONNX model names its classes, its run and its versions', () => {
  const bytes = readFileSync(write('onnx', networks['cnn, relu, earlier normalisation']!));
  const { metadata_props, opset_import, ir_version, graph } = modelProto.toObject(
    modelProto.decode(bytes),
    { longs: Number },
  );
  expect(Object.fromEntries(metadata_props.map((p: Record<string, string>) => [p.key, p.value])))
    // Names come back whatever is in them.
    .toEqual({
      classes: JSON.stringify(classes),
      run: origin.run,
      model: `sha256:${origin.sha256}`,
    });
  expect({ opset_import, ir_version }).toEqual({
    opset_import: [{ domain: '', version: 17 }],
    ir_version: 8,
  });
  expect(graph.input[0].type.tensor_type.shape.dim).toEqual([
    ...[{ dim_param: 'n' }, { dim_value: 9 }, { dim_value: 6 }, { dim_value: 3 }],
  ]);
});

test('the ONNX Runtime that reads exports has nobody to report to', () => {
  const { resolve } = createRequire(import.meta.url);
  const folder = join(dirname(resolve('onnxruntime-node/package.json')), 'bin/napi-v6');
  const library = readFileSync(join(folder, process.platform, process.arch, 'libonnxruntime.so.1'));
  // It is the whole one.
  expect(library.includes('Protobuf parsing failed')).toBe(true);
  // 1.29 and later hold this address, and ask it unless a variable forbids it.
  expect(library.includes('events.data.microsoft.com')).toBe(false);
});

test('names are nothing but names in the Python module', () => {
  const names = ['\\N{DIGIT ONE}', '"""', '\'"\\', '\u2028\u0085\f\r\n', 'дом', '\ud800', '{x}'];
  const model = { ...networks['mlp, residual']!, classes: names };
  const script = `import ast, json, sys
values = {}
for node in ast.parse(open(sys.argv[1], encoding='utf-8', newline='').read()).body:
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        values[node.targets[0].id] = ast.literal_eval(node.value)
print(json.dumps(values))`;
  const path = join(write('pytorch', model), 'model.py');
  const said = execFileSync(readEnvironment().python, ['-c', script, path]);
  expect(JSON.parse(said.toString())).toEqual({ classes: names, origin });
});

test('a layer may have a name that modules of PyTorch have themselves, or that Python does not take', () => {
  const names = ['train', '0', '__a', 'class', 'block.1'];
  const model = exportedModel(networks['mlp, residual']!);
  const layers = [...new Set(model.steps.flatMap((step) => ('layer' in step ? [step.layer] : [])))];
  const steps = model.steps.map((step) =>
    'layer' in step ? { ...step, layer: names[layers.indexOf(step.layer)]! } : step,
  );
  const text = String(formats.pytorch.encode({ ...model, steps })['model.py']);
  const built = [...text.matchAll(/self\.(\w+) = nn\./g)].map(([, name]) => name);
  const expected = ['layer_train', 'layer_0', 'layer___a', 'layer_class', 'block_1'];
  expect(built).toEqual(expected.slice(0, layers.length));
});

test.each(formatNames)(
  'as %s, layers of one name, and of names that become one, stay apart',
  async (format) => {
    if (format === 'pytorch' && !python) return;
    const trained = networks['mlp, residual']!;
    const model = exportedModel(trained);
    let layers = 0;
    const renamed = model.steps.map((step) =>
      'layer' in step ? { ...step, layer: ['a.b', 'a_b', 'a.b'][layers++ % 3]! } : step,
    );
    expect(layers).toBeGreaterThan(2);
    const path = writeExported(format, { ...model, steps: distinctLayers(renamed) });
    const pixels = pixelsOf(trained.shape, 8);
    const found = await readBy(format, trained, path, pixels, python);
    expect(largestDifference(found, expected(trained, pixels))).toBeLessThan(1e-5);
  },
);

test.skipIf(!pythonWithOnnx)('onnx.checker finds nothing wrong with any ONNX model', () => {
  const paths = Object.values(networks).map((model) => write('onnx', model));
  const script = `import sys, onnx
for path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)
model = onnx.load(sys.argv[1]); model.graph.node[1].input[1] = 'nowhere'
try: onnx.checker.check_model(model); print('wrong ones pass, too')
except onnx.checker.ValidationError: print(len(sys.argv) - 1)`;
  const said = execFileSync(pythonWithOnnx!, ['-c', script, ...paths]);
  expect(said.toString().trim()).toBe('5');
});

test('an export is read back whole, and refused where one weight is another', async () => {
  const model = networks['mlp, residual']!;
  const n = 300;
  const images = pixelsOf(model.shape, n);
  const splitPath = join(directory, 'test.safetensors');
  const positions = Int32Array.from({ length: n }, (_, i) => i);
  const split = { name: 'test' as const, shape: model.shape, images, indices: positions };
  writeFileSync(splitPath, encodeSplit({ ...split, labels: new Uint8Array(n) }));
  const probabilities = expected(model, images);
  const progress: number[] = [];
  const given = { splitPath, probabilities, classes, python: 'python3' };
  const onProgress = ({ done }: { done: number }) => void progress.push(done);
  const path = write('onnx', model);
  const { reader, largestDifference } = await readBack({
    ...{ format: 'onnx', path, ...given, onProgress },
  });
  expect(reader).toMatch(/^ONNX Runtime \d+\.\d+\.\d+$/);
  expect(largestDifference).toBeLessThan(1e-5);
  expect(progress).toEqual([250, 300]);

  const shards = [0, 120].map((from, i) => {
    const [shard, to] = [join(directory, `test-${i}`), i === 0 ? 120 : n];
    const size = images.length / n;
    const own = {
      images: images.slice(from * size, to * size),
      indices: positions.slice(from, to),
    };
    writeFileSync(shard, encodeSplit({ ...split, ...own, labels: new Uint8Array(to - from) }));
    return shard;
  });
  const inShards = await readBack({ format: 'onnx', path, ...given, shards, onProgress });
  expect(inShards.largestDifference).toBeLessThan(1e-5);
  expect(progress.slice(2)).toEqual([120, 300]);
  const swapped = readBack({ format: 'onnx', path, ...given, shards: shards.toReversed() });
  await expect(swapped).rejects.toThrow(/does not say what the model says/);

  const bias = model.model.tensors['head.bias']!;
  const other = { ...bias, data: bias.data.map((x: number) => x + 0.001) as Float32Array };
  other.data[0] = bias.data[0]!;
  const altered = { ...model.model, tensors: { ...model.model.tensors, 'head.bias': other } };
  const wrong = write('js', { ...model, model: altered as TrainedModel['model'] });
  await expect(readBack({ format: 'js', path: wrong, ...given })).rejects.toMatchObject({
    name: 'UserError',
    failure: { found: expect.stringMatching(/^0\.\d+ instead of 0\.\d+ for .*, test image \d+/) },
  });

  const broken = writeFiles(directory, 'onnx', { '': Buffer.from('no model') });
  await expect(readBack({ format: 'onnx', path: broken, ...given })).rejects.toMatchObject({
    name: 'UserError',
    failure: {
      ...{ what: expect.stringContaining('reader does not take') },
      found: expect.stringMatching(/^Load model from .+ failed: ?Protobuf parsing failed/),
    },
  });
});
