import type * as tf from '@tensorflow/tfjs-core';
import { checkAlive, type DType, dtypeOf } from './dtype.ts';
import { example, fresh, specOf } from './fresh.ts';
import {
  dtypeAttribute,
  type FunctionDef,
  functionAttribute,
  typesAttribute,
} from './graph-def.ts';
import { GraphError } from './graph-error.ts';
import { type Int, intAdd, toInt } from './integer.ts';
import { Recorder } from './recorder.ts';
import { recordWith } from './tracing.ts';
import { flatten, formatSpec, place, type Structure, unflatten } from './tree.ts';

interface While<S> {
  from: Int;
  steps: Int;
  state: S;
  step: (state: S, i: tf.Scalar) => S;
}

/** A loop as one op of the program, its step traced once; no gradient flows through it. */
export function traceWhile<S>(recorder: Recorder, loop: While<S>): S {
  const { leaves, structure } = flatten<tf.Tensor>(loop.state, 'state');
  for (const { path, value } of leaves) checkAlive(value, place('the state', path));
  const first = toInt(loop.from, 'forLoop');
  const end = intAdd(first, toInt(loop.steps, 'forLoop'));
  const carried = [first, end, ...leaves.map(({ value }) => value)];
  const body = traceBody(recorder, loop.step as unknown as Step, carried, structure);

  const captured = body.captures.map(({ tensor }) => tensor);
  const inputs = [...carried, ...captured].map((tensor, i) =>
    recorder.reference(tensor, `Value ${i} of the loop`),
  );
  const name = recorder.add(
    'StatelessWhile',
    new Map([
      ['T', typesAttribute(body.def.arguments.map(({ dtype }) => dtype))],
      ['cond', functionAttribute(body.condition.name)],
      ['body', functionAttribute(body.def.name)],
    ]),
    inputs,
  );
  body.outputs.forEach((tensor, i) => {
    recorder.bind(tensor, `${name}:output:${i + 2}`);
  });
  return unflatten(structure, body.outputs) as S;
}

type Step = (state: unknown, i: tf.Tensor) => unknown;

function traceBody(outer: Recorder, step: Step, carried: tf.Tensor[], structure: Structure) {
  const recorder = new Recorder({ ...outer.options, outer });
  const examples = carried.map((tensor) => example(tensor, 'state'));
  const names = ['index', 'end', ...examples.slice(2).map((_, i) => `state_${i}`)];
  examples.forEach((tensor, i) => {
    recorder.bind(tensor, names[i] as string);
  });

  const [index, , ...state] = examples as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
  const { next, nextIndex } = recordWith(recorder, () => ({
    next: flatten<tf.Tensor>(step(unflatten(structure, state), index), 'the new state'),
    nextIndex: intAdd(index, 1),
  }));
  checkState(state, structure, next);

  const results = [nextIndex, examples[1] as tf.Tensor, ...next.leaves.map(({ value }) => value)];
  const references = results.map((tensor, i) =>
    recorder.reference(tensor, `Value ${i} of the loop`),
  );
  const dtypes = results.map((tensor) => specOf(tensor, 'the new state').dtype);
  const captures = recorder.captures.map((capture) => ({
    ...capture,
    dtype: dtypeOf(capture.tensor, 'A tensor from outside the loop'),
  }));
  const loopArguments = [
    ...names.map((name, i) => ({ name, dtype: dtypes[i] as DType })),
    ...captures.map(({ name, dtype }) => ({ name, dtype })),
  ];
  const number = outer.functions.length;
  const def: FunctionDef = {
    name: `body_${number}`,
    arguments: loopArguments,
    results: loopArguments.map(({ name, dtype }, i) => ({
      name: `next_${name}`,
      dtype,
      reference: references[i] ?? name,
    })),
    nodes: recorder.nodes,
  };
  const condition = conditionDef(`condition_${number}`, loopArguments);
  outer.functions.push(def, condition);
  const outputs = next.leaves.map(({ value }) => fresh(value, 'the new state'));
  return { def, condition, outputs, captures };
}

/** index < end. */
function conditionDef(name: string, loopArguments: FunctionDef['arguments']): FunctionDef {
  const attributes = new Map([['T', dtypeAttribute('int32')]]);
  return {
    name,
    arguments: loopArguments,
    results: [{ name: 'more', dtype: 'bool', reference: 'Less_0:z:0' }],
    nodes: [{ name: 'Less_0', op: 'Less', inputs: ['index', 'end'], attributes }],
  };
}

function checkState(
  before: readonly tf.Tensor[],
  structure: Structure,
  next: ReturnType<typeof flatten<tf.Tensor>>,
): void {
  const old = flatten<tf.Tensor>(unflatten(structure, before), 'state').leaves;
  const paths = new Set(next.leaves.map(({ path }) => path));
  const missing = old.find(({ path }) => !paths.has(path));
  if (missing !== undefined) {
    throw new GraphError(`The step's new state lacks ${place('the tensor', missing.path)}.`);
  }
  next.leaves.forEach(({ path, value }, i) => {
    const where = place('the new state', path);
    const expected = old[i];
    if (expected?.path !== path) {
      throw new GraphError(
        `${where} does not stand at the same place in the state.`,
        'return the same names in the same order',
      );
    }
    const wanted = formatSpec(specOf(expected.value, where));
    const found = formatSpec(specOf(value, where));
    if (wanted !== found) {
      throw new GraphError(`${where} is ${found} after the step, but ${wanted} before it.`);
    }
  });
}
