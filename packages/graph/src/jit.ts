import * as tf from '@tensorflow/tfjs-core';
import { type CompiledFunction, compileMeasuring, isInside, type Jit } from './compile.ts';
import { specOf } from './fresh.ts';
import { checkNumber, GraphError, refuseOption } from './graph-error.ts';
import type { Inspection } from './inspection.ts';
import type { Precision } from './precision.ts';
import { formatSpec, place } from './tree.ts';

export interface JitOptions {
  /** As in `compile`. */
  jit?: Jit;
  /** As in `compile`. */
  precision?: Precision;
  /** How many programs are held; the one that was not used for longest goes first. 16 by default. */
  maximumPrograms?: number;
}

export interface JitFunction<A extends readonly unknown[], O> {
  (...inputs: A): O;
  /** How many programs it holds. */
  readonly programs: number;
  /** What the program for these arguments consists of, and why it is compiled by XLA or not. It is not run. */
  inspect(...inputs: A): Inspection;
  /** Releases the programs; a call afterwards compiles anew. */
  dispose(): void;
}

/** After so many programs, of which it keeps fewer, a function is said to be compiled too often. */
const patience = 8;

/**
 * The same function, compiled: it is traced when it is first called, and again for every other shape and
 * type of its tensors and every other value of what is no tensor (numbers, texts, flags among the arguments,
 * also inside of arrays and objects). Inside another traced or differentiated function it is the plain
 * function. A result is the caller's to dispose.
 *
 * A batch of a size that varies is another program each time. Where rows do not depend on each other, pad them
 * to a few sizes (16, 64, 256, …) and cut the result.
 * @throws GraphError as `compile` and its call do, and for an argument that is no tree of tensors and values
 */
export function jit<A extends readonly unknown[], O>(
  fn: (...inputs: A) => O,
  { jit: by = true, precision = 'float32', maximumPrograms = 16 }: JitOptions = {},
): JitFunction<A, O> {
  if (typeof fn !== 'function') refuseOption('What is compiled', fn, 'a function');
  checkNumber(
    'maximumPrograms',
    maximumPrograms,
    (it) => Number.isInteger(it) && it > 0,
    'an integer from 1 on',
  );
  const programs = new Map<string, CompiledFunction<tf.Tensor[], O>>();
  const name = fn.name || 'A function';
  let made = 0;

  const find = (key: string, tensors: tf.Tensor[], template: Template) => {
    const known = programs.get(key);
    // A map lists its keys in the order in which they were set.
    programs.delete(key);
    const program =
      known ??
      compileMeasuring(
        (given: tf.Tensor[]) => fn(...(rebuild(template, given) as unknown as A)),
        { inputs: tensors, jit: by, precision },
        { name, measure: (inputs, on) => on(inputs) },
      );
    programs.set(key, program);
    if (known === undefined) warnOfMany(name, ++made, key);
    if (programs.size > maximumPrograms) {
      const [oldest, unused] = programs.entries().next().value!;
      unused.dispose();
      programs.delete(oldest);
    }
    return program;
  };

  const programFor = (inputs: A) => {
    const tensors: tf.Tensor[] = [];
    const { key, template } = describe(inputs, '', tensors);
    return { program: find(key, tensors, template), tensors };
  };
  const call = (...inputs: A): O => {
    if (isInside()) return fn(...inputs);
    const { program, tensors } = programFor(inputs);
    return program.call(tensors);
  };
  return Object.defineProperties(call, {
    inspect: { value: (...inputs: A) => programFor(inputs).program.inspect() },
    programs: { get: () => programs.size },
    dispose: {
      value: () => {
        for (const program of programs.values()) program.dispose();
        programs.clear();
      },
    },
  }) as JitFunction<A, O>;
}

function warnOfMany(name: string, made: number, latest: string): void {
  if (made < patience || Math.log2(made / patience) % 1 !== 0) return;
  process.emitWarning(
    `${name} has been compiled ${made} times, the last time for ${latest}. What changes from call to call belongs into a tensor (tf.scalar), and batches into a few sizes.`,
    { type: 'GraphWarning' },
  );
}

/** Arguments without their tensors. */
type Template =
  | { tensor: number }
  | { value: unknown }
  | { items: Template[] }
  | { names: [string, Template][] };

/** What a program is fixed to: all of the arguments but the tensors' values, which are listed apart. */
function describe(
  value: unknown,
  path: string,
  tensors: tf.Tensor[],
): { key: string; template: Template } {
  const below = (name: string, item: unknown) =>
    describe(item, path === '' ? name : `${path}/${name}`, tensors);
  if (value instanceof tf.Tensor) {
    const spec = specOf(value, place('argument', path));
    return { key: formatSpec(spec), template: { tensor: tensors.push(value) - 1 } };
  }
  if (Array.isArray(value)) {
    const items = value.map((item, i) => below(`${i}`, item));
    return {
      key: `[${items.map(({ key }) => key).join(', ')}]`,
      template: { items: items.map(({ template }) => template) },
    };
  }
  if (typeof value === 'object' && value !== null) {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) refuse(value, path);
    const names = Object.entries(value).map(([name, item]) => [name, below(name, item)] as const);
    return {
      key: `{${names.map(([name, { key }]) => `${JSON.stringify(name)}: ${key}`).join(', ')}}`,
      template: { names: names.map(([name, { template }]) => [name, template]) },
    };
  }
  if (typeof value === 'function' || typeof value === 'symbol') refuse(value, path);
  const key =
    typeof value === 'string' ? JSON.stringify(value) : Object.is(value, -0) ? '-0' : `${value}`;
  return { key: typeof value === 'bigint' ? `${key}n` : key, template: { value } };
}

function refuse(value: unknown, path: string): never {
  const found = typeof value === 'object' ? `a ${value?.constructor?.name}` : `a ${typeof value}`;
  throw new GraphError(
    `${place('argument', path)} is ${found}: whether it changed from the last call cannot be told.`,
    'pass tensors, numbers, texts and flags, in plain objects and arrays; let the function find the rest where it is defined',
  );
}

function rebuild(template: Template, tensors: readonly tf.Tensor[]): unknown {
  if ('tensor' in template) return tensors[template.tensor];
  if ('items' in template) return template.items.map((item) => rebuild(item, tensors));
  if ('names' in template) {
    return Object.fromEntries(template.names.map(([name, item]) => [name, rebuild(item, tensors)]));
  }
  return template.value;
}
