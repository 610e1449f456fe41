import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeSplit } from '@atelier/data';
import { imageSize } from '@atelier/data/image-shape';
import {
  inferenceLogits,
  initialModel,
  networkFor,
  normalise,
  tensorSpecs,
  weightsOf,
} from '@atelier/model';
import { networkOptionsSchema } from '@atelier/model/network';
import { loadTensorFlow } from '@atelier/tensorflow';
import { dispose, softmax, tensor, tidy } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

/** Numbers between 0 and 1 that are the same in every run. */
const drawn = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.abs(Math.sin(12.9898 * (i + 1) + 78.233 * seed)));

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

/** What tfjs says, [n, classes]. */
const expected = ({ model, shape, normalisation }: TrainedModel, pixels: Uint8Array) => {
  const weights = weightsOf(model);
  const found = tidy(() => {
    const images = tensor(Float32Array.from(pixels), [
      pixels.length / imageSize(shape),
      imageSize(shape),
    ]);
    const logits = inferenceLogits(normalise(images, normalisation), weights, model.network);
    return softmax(logits).dataSync() as Float32Array;
  });
  dispose(weights);
  return found;
};

/** Some images are darker than others. */
const pixelsOf = (shape: TrainedModel['shape'], n: number): Uint8Array =>
  Uint8Array.from(
    drawn(n * imageSize(shape), 3),
    (x, i) => (255 * x * (1 + (Math.floor(i / imageSize(shape)) % 7))) / 7,
  );

let written = 0;
function write(format: FormatName, model: TrainedModel): string {
  written += 1;
  const path = join(directory, `model-${written}${formats[format].suffix}`);
  for (const [name, bytes] of Object.entries(formats[format].encode(exportedModel(model)))) {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  return path;
}

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

const cases = Object.keys(networks).flatMap((name) =>
  formatNames.map((format) => [name, format] as const),
);

test.each(cases)('%s as %s gives what tfjs gives', async (name, format) => {
  const model = networks[name]!;
  const pixels = pixelsOf(model.shape, 40);
  const reader = await formats[format].read(write(format, model), model.shape);
  const [found, wanted] = [await reader.probabilities(pixels), expected(model, pixels)];
  expect(found).toHaveLength(wanted.length);
  // Not one class for all images, else much could be wrong and not be seen.
  expect(new Set(Array.from(wanted, (p) => p.toFixed(2))).size).toBeGreaterThan(10);
  expect(Math.max(...found.map((p, i) => Math.abs(p - wanted[i]!)))).toBeLessThan(1e-5);
});

test('the js module runs in a Node that has nothing else', () => {
  const model = networks['mlp, residual']!;
  const path = write('js', model);
  expect(readFileSync(path, 'utf8')).not.toMatch(/^\s*import\b|\brequire\(|\bprocess\b/m);
  expect(readFileSync(path, 'utf8')).not.toContain('</script>');
  const pixels = pixelsOf(model.shape, 1);
  const script = `const { classify, image, origin } = await import(${JSON.stringify(path)});
    let refused; try { classify([1, 2]) } catch (error) { refused = error.message }
    console.log(JSON.stringify({ image, origin, refused, said: classify(${JSON.stringify([...pixels])}) }))`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: directory,
    env: {},
  });
  const { refused, said, ...told } = JSON.parse(printed.toString());
  expect(told).toEqual({ image: grey, origin });
  expect(refused).toMatch(/35 values an image \(5 x 7 x 1\), found 2/);
  const wanted = [...expected(model, pixels)].map((probability, c) => ({
    ...{ class: classes[c], probability: expect.closeTo(probability, 5) },
  }));
  expect(said).toHaveLength(3);
  expect(said).toEqual(expect.arrayContaining(wanted));
  expect(said[0].probability).toBeGreaterThanOrEqual(said[1].probability);
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
  const given = { splitPath, probabilities, classes };
  const onProgress = ({ done }: { done: number }) => void progress.push(done);
  const path = write('onnx', model);
  const { reader, largestDifference } = await readBack({
    ...{ format: 'onnx', path, ...given, onProgress },
  });
  expect(reader).toMatch(/^ONNX Runtime \d+\.\d+/);
  expect(largestDifference).toBeLessThan(1e-5);
  expect(progress).toEqual([250, 300]);

  const bias = model.model.tensors['head.bias']!;
  const other = { ...bias, data: bias.data.map((x: number) => x + 0.001) as Float32Array };
  other.data[0] = bias.data[0]!;
  const altered = { ...model.model, tensors: { ...model.model.tensors, 'head.bias': other } };
  const wrong = write('js', { ...model, model: altered as TrainedModel['model'] });
  await expect(readBack({ format: 'js', path: wrong, ...given })).rejects.toMatchObject({
    name: 'UserError',
    failure: { found: expect.stringMatching(/^0\.\d+ instead of 0\.\d+ for .*, test image \d+/) },
  });
});
