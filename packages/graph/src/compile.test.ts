import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { compile, forLoop, GraphError, type TensorSpec } from './index.ts';

loadTensorFlow();

const spec = (shape: number[], dtype: TensorSpec['dtype'] = 'float32'): TensorSpec => ({
  shape,
  dtype,
});

test('trees of tensors go in and come out, whatever their form', () => {
  interface Layer {
    weight: tf.Tensor;
    bias: tf.Tensor;
  }
  const layer: Layer = { weight: tf.tensor2d([1, 2, 3, 4], [2, 2]), bias: tf.tensor1d([5, 6]) };
  const compiled = compile(
    ({ layers, mask }: { layers: Layer[]; mask: tf.Tensor }) => ({
      sums: layers.map(({ weight, bias }) => [tf.sum(weight), tf.sum(bias)]),
      mask: { inverse: tf.logicalNot(mask) },
    }),
    { inputs: { layers: [layer, layer], mask: tf.tensor1d([true, false], 'bool') } },
  );
  const other = { weight: tf.ones([2, 2]), bias: tf.zeros([2]) };
  const { sums, mask } = compiled.call({
    mask: tf.tensor1d([false, false], 'bool'),
    layers: [other, layer],
  });
  expect(sums.map((pair) => pair.map((it) => it.dataSync()[0]))).toEqual([
    [4, 0],
    [10, 11],
  ]);
  expect([...mask.inverse.dataSync()]).toEqual([1, 1]);
  compiled.dispose();
});

test('a lone tensor is a tree, and inputs may be returned as they are', () => {
  const compiled = compile((x: tf.Tensor) => [x, tf.neg(x), x], { inputs: spec([2]) });
  const found = compiled.call(tf.tensor1d([1, 2]));
  expect(found.map((it) => [...it.dataSync()])).toEqual([
    [1, 2],
    [-1, -2],
    [1, 2],
  ]);
  compiled.dispose();
});

test('equal examples in two places stay two inputs', () => {
  const x = tf.scalar(1);
  const compiled = compile(({ a, b }: { a: tf.Tensor; b: tf.Tensor }) => tf.sub(a, b), {
    inputs: { a: x, b: x },
  });
  expect(compiled.call({ a: tf.scalar(5), b: tf.scalar(2) }).dataSync()[0]).toBe(3);
  compiled.dispose();
});

test('variables are read at every call and differentiated', () => {
  const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
  const compiled = compile(
    (x: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(tf.square(w), x)) as tf.Scalar);
      return { value, gradient: grads.w as tf.Tensor };
    },
    { inputs: spec([2]) },
  );
  const x = tf.tensor1d([3, 4]);
  expect(compiled.call(x).value.dataSync()[0]).toBe(19);
  w.assign(tf.tensor1d([2, 1]));
  const { value, gradient } = compiled.call(x);
  expect([value.dataSync()[0], ...gradient.dataSync()]).toEqual([16, 12, 8]);
  compiled.dispose();
  w.dispose();
});

test('variables made from one tensor stay two, also inside a loop', () => {
  const zeros = tf.zeros([2]);
  const [a, b] = [tf.variable(zeros), tf.variable(zeros)];
  const before = tf.memory().numTensors;
  const sum = (x: tf.Tensor) => tf.add(tf.add(x, a), tf.mul(10, b));
  const compiled = compile((x: tf.Tensor) => [sum(x), forLoop({ steps: 2, state: x, step: sum })], {
    inputs: spec([2]),
  });
  expect(tf.memory().numTensors).toBe(before);
  const read = () => compiled.call(tf.zeros([2])).map((it) => [...it.dataSync()]);
  a.assign(tf.ones([2]));
  expect(read()).toEqual([
    [1, 1],
    [2, 2],
  ]);
  // Assigned one value, they share it; the program still reads each by itself.
  b.assign(a);
  expect(read()).toEqual([
    [11, 11],
    [22, 22],
  ]);
  compiled.dispose();
  tf.dispose([zeros, a, b]);
});

test('a tensor that a variable was made of, or a clone of it from before, is frozen', () => {
  const initial = tf.tensor1d([1, 2]);
  const variable = tf.variable(initial);
  const clone = tf.clone(variable);
  const flag = tf.tensor1d([true, false], 'bool');
  const mask = tf.variable(flag);
  const compiled = compile(
    (x: tf.Tensor) => ({
      difference: tf.sub(x, tf.add(initial, clone)),
      variable: tf.clone(variable),
      chosen: tf.where(flag, x, tf.where(mask, tf.scalar(5), tf.scalar(6))),
    }),
    { inputs: spec([2]) },
  );
  variable.assign(tf.fill([2], 100));
  mask.assign(tf.tensor1d([false, true], 'bool'));
  const found = compiled.call(tf.zeros([2]));
  expect([...found.difference.dataSync()]).toEqual([-2, -4]);
  expect([...found.variable.dataSync()]).toEqual([100, 100]);
  expect([...found.chosen.dataSync()]).toEqual([0, 5]);
  expect([...initial.dataSync()]).toEqual([1, 2]);
  compiled.dispose();
  tf.dispose([initial, variable, clone, flag, mask]);
});

test('variables that no program holds do not stand in the way of those that it does', () => {
  const words = tf.tensor1d(['a']);
  const variable = tf.variable(words);
  const compiled = compile((x: tf.Tensor) => tf.neg(x), { inputs: spec([]) });
  expect(compiled.call(tf.scalar(1)).dataSync()[0]).toBe(-1);
  compiled.dispose();
  tf.dispose([words, variable]);
});

test('tensors that were disposed of are refused by name', () => {
  const gone = tf.scalar(1);
  gone.dispose();
  expect(() => compile(tf.neg, { inputs: { x: gone } as never })).toThrow(
    /input "x" has been disposed of/,
  );
  expect(() => compile(() => ({ y: gone }), { inputs: {} })).toThrow(
    /result "y" has been disposed of/,
  );
  expect(() => compile((x: tf.Tensor) => tf.add(x, gone), { inputs: spec([]) })).toThrow(
    /Argument 1 of the op "Add\w*" has been disposed of/,
  );
  const initial = tf.scalar(1);
  const rate = tf.variable(initial, true, 'learning rate');
  const compiled = compile(({ x }: { x: tf.Tensor }) => tf.add(x, rate), {
    inputs: { x: spec([]) },
  });
  expect(() => compiled.call({ x: gone })).toThrow(GraphError);
  expect(() => compiled.call({ x: gone })).toThrow(/input "x" has been disposed of/);
  rate.assign(initial);
  rate.dispose();
  expect(() => compiled.call({ x: tf.scalar(1) })).toThrow(
    /variable "learning rate" has been disposed of/,
  );
  compiled.dispose();
});

test('a variable that tf.disposeVariables released is refused by name', () => {
  const rate = tf.variable(tf.scalar(1), true, 'released');
  const compiled = compile((x: tf.Tensor) => tf.add(x, rate), { inputs: spec([]) });
  tf.disposeVariables();
  expect(() => compiled.call(tf.scalar(1))).toThrow(/variable "released" has been disposed of/);
  compiled.dispose();
});

test('gradients flow through a compiled function, to its inputs and variables', () => {
  const rate = tf.variable(tf.scalar(2), true, 'rate of a compiled function');
  const fn = ({ x, by, n }: Record<'x' | 'by' | 'n', tf.Tensor>) => ({
    product: tf.mul(tf.square(x), tf.mul(by, rate)),
    count: tf.add(n, n),
    sum: [tf.sum(tf.mul(by, x))],
  });
  const x: tf.Tensor = tf.tensor1d([1, 2]);
  const by: tf.Tensor = tf.scalar(3);
  const n: tf.Tensor = tf.scalar(4, 'int32');
  const five = tf.scalar(5);
  const compiled = compile(fn, { inputs: { x, by, n }, jit: false });
  const gradients = (run: typeof fn) =>
    tf.tidy(() => {
      const loss = (a: tf.Tensor, b: tf.Tensor) => {
        const { product, sum } = run({ x: tf.mul(a, 2), by: b, n });
        return tf.add(tf.sum(product), sum[0]!);
      };
      const ofVariables = tf.variableGrads(() => loss(x, by) as tf.Scalar);
      return [...tf.grads(loss)([x, by]), ofVariables.value, ofVariables.grads[rate.name]!].map(
        (it) => [...it.dataSync()],
      );
    });
  const before = tf.memory().numTensors;
  const expected = gradients(fn);
  expect(gradients(compiled.call)).toEqual(expected);
  rate.assign(five);
  expect(gradients(compiled.call)).toEqual(gradients(fn));
  expect(gradients(fn)).not.toEqual(expected);
  expect(tf.memory().numTensors).toBe(before);
  compiled.dispose();
  rate.dispose();
});

test('tensors that are no inputs are frozen, at any size if all their values are equal', () => {
  const bias = tf.tensor1d([1, 2, 3]);
  const compiled = compile(
    (x: tf.Tensor) => tf.sum(tf.add(tf.add(x, bias), tf.ones([700_000, 3])), 0),
    {
      inputs: spec([3]),
    },
  );
  bias.dispose();
  expect([...compiled.call(tf.tensor1d([0, 0, 0])).dataSync()]).toEqual([
    1_400_000, 2_100_000, 2_800_000,
  ]);
  compiled.dispose();
  const large = tf.range(0, 300_000);
  expect(() => compile((x: tf.Tensor) => tf.add(x, large), { inputs: spec([]) })).toThrow(
    /op "Add".* float32 \[300000\] .*1200000 bytes[\s\S]*pass it as an input/,
  );
});

test('inputs of another place, shape or type are refused by name', () => {
  const compiled = compile(({ a }: { a: { b: tf.Tensor } }) => tf.neg(a.b), {
    inputs: { a: { b: spec([2, 3]) } },
  });
  const call = (inputs: unknown) => () => compiled.call(inputs as never);
  expect(call({ a: { b: tf.zeros([3, 2]) } })).toThrow(
    /"a\/b" is float32 \[3, 2\].*float32 \[2, 3\]/,
  );
  expect(call({ a: { b: tf.zeros([2, 3], 'int32') } })).toThrow(/"a\/b" is int32 \[2, 3\]/);
  expect(call({ a: {} })).toThrow(/"a\/b" is missing: expected float32 \[2, 3\]/);
  expect(call({ a: { b: tf.zeros([2, 3]), c: tf.scalar(1) } })).toThrow(/"a\/c" was not there/);
  expect(call({ a: { b: 3 } })).toThrow(/"a\/b" is 3, not a tensor/);
  expect(call({ a: { b: spec([2, 3]) } })).toThrow(/"a\/b" is a specification/);
  expect(call({ a: { b: tf.tensor2d(['a'], [1, 1]) } })).toThrow(GraphError);
  compiled.dispose();
  expect(call({ a: { b: tf.zeros([2, 3]) } })).toThrow(/after dispose/);
  compiled.dispose();
});

test('what a program cannot hold is refused', () => {
  expect(() => compile((x: tf.Tensor) => tf.neg(x), { inputs: tf.complex([1], [2]) })).toThrow(
    /complex64/,
  );
  expect(() => compile((x: tf.Tensor) => tf.complex(x, x), { inputs: spec([1]) })).toThrow(
    /^result has.*complex64/,
  );
});

test('the same function gives the same results with and without XLA, on every call', () => {
  const x = tf.randomNormal([64, 64], 0, 1, 'float32', 1) as tf.Tensor2D;
  const [a, b] = [true, false].map((jit) => {
    const compiled = compile((y: tf.Tensor2D) => tf.matMul(y, y), { inputs: x, jit });
    const results = [compiled.call(x), compiled.call(x)].map((it) => it.dataSync());
    compiled.dispose();
    expect(results[0]).toEqual(results[1]);
    return results[0] as Float32Array;
  });
  a?.forEach((value, i) => {
    expect(value).toBeCloseTo(b?.[i] as number, 3);
  });
});

test('sums of large tensors compile, which TensorFlow would add up in a variable that XLA lacks', () => {
  const fn = (x: tf.Tensor) => {
    const [size] = x.shape as [number];
    const twice = tf.concat([x, x]);
    const turned = Array.from({ length: 16 }, (_, i) => tf.slice(twice, i, size));
    return tf.slice(
      turned.reduce((sum, it) => tf.add(sum, it)),
      0,
      3,
    );
  };
  const x = tf.linspace(0, 1, 4_000_000) as tf.Tensor;
  const compiled = compile(fn, { inputs: x });
  const expected = fn(x).dataSync();
  for (let call = 0; call < 2; call++) {
    const found = compiled.call(x).dataSync();
    expected.forEach((value, i) => {
      expect(found[i]).toBeCloseTo(value, 6);
    });
  }
  compiled.dispose();
});
