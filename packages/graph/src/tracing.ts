import * as tf from '@tensorflow/tfjs-core';
import { type NodeBackend, nodeBackend, type OpAttribute } from './backend.ts';
import { GraphError } from './graph-error.ts';
import type { Recorder } from './recorder.ts';

/** tfjs functions that draw in JavaScript, so that one draw would be frozen into the program. */
const drawing: Readonly<Record<string, string>> = {
  dropout: 'use dropout(x, rate, key) of this package',
  multinomial: 'compare cumulative probabilities with randomUniform(shape, key) of this package',
  rand: 'use randomUniform(shape, key) of this package',
  randomGamma: 'transform randomUniform(shape, key) of this package',
  randomNormal: 'use randomNormal(shape, key) of this package',
  randomStandardNormal: 'use randomNormal(shape, key) of this package',
  randomUniform: 'use randomUniform(shape, key) of this package',
  randomUniformInt: 'use randomBits(shape, key) of this package',
  truncatedNormal: 'clip randomNormal(shape, key) of this package',
};

let current: Recorder | undefined;

/** The recorder of the function that is being traced now, if one is. */
export const currentRecorder = (): Recorder | undefined => current;

/** Runs `fn` without recording what it does. */
export function unrecorded<T>(fn: () => T): T {
  const paused = current;
  current = undefined;
  try {
    return fn();
  } finally {
    current = paused;
  }
}

/** Runs `fn` while `recorder` writes down every op that it makes. */
export function recordWith<T>(recorder: Recorder, fn: () => T): T {
  const outer = current;
  const uninstall = outer === undefined ? install() : undefined;
  current = recorder;
  try {
    return fn();
  } finally {
    current = outer;
    uninstall?.();
  }
}

/** Puts the hooks into tfjs for as long as something is traced; returns what takes them out. */
function install(): () => void {
  const backend = nodeBackend();
  const uninstall = [
    hookExecution(backend),
    hookReads(backend),
    hookScopes(),
    hookAssignment(),
    hookMathRandom(),
  ];
  return () => {
    for (const undo of uninstall) undo();
  };
}

/** Replaces an object's method; returns what puts the old one back. */
function replace<T extends object, K extends keyof T>(
  target: T,
  name: K,
  method: T[K],
): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  target[name] = method;
  return () => {
    if (own === undefined) delete target[name];
    else Object.defineProperty(target, name, own);
  };
}

function hookExecution(backend: NodeBackend): () => void {
  const { executeSingleOutput: single, executeMultipleOutputs: multiple } = backend;

  const traced = (
    op: string,
    attributes: OpAttribute[],
    inputs: tf.Tensor[],
    run: () => tf.Tensor[],
  ): tf.Tensor[] => (current === undefined ? run() : current.record(op, attributes, inputs, run));

  const undo = [
    replace(backend, 'executeSingleOutput', (op, attributes, inputs) => {
      const run = () => [single.call(backend, op, attributes, inputs)];
      return traced(op, attributes, inputs, run)[0] as tf.Tensor;
    }),
    replace(backend, 'executeMultipleOutputs', (op, attributes, inputs, outputs) =>
      traced(op, attributes, inputs, () => multiple.call(backend, op, attributes, inputs, outputs)),
    ),
  ];
  return () => {
    for (const it of undo) it();
  };
}

function hookReads(backend: NodeBackend): () => void {
  const readSync = backend.readSync;
  let kernelReads = false;

  const refuse = () => {
    throw new GraphError(
      `A tensor's values are read while tracing${activeOp()}: they would be frozen into the program.`,
      'use no data(), dataSync(), array(), print() in a traced function; compute with tensors, choose with tf.where, and read what the compiled function returns',
    );
  };
  // tf.gather's kernel reads its indices in order to check them; the program does not depend on it.
  const gather = tf.getKernel('GatherV2', tf.getBackend());
  const check = gather.kernelFunc;
  const undo = [
    replace(gather, 'kernelFunc', (parameters) => {
      kernelReads = true;
      try {
        return check(parameters);
      } finally {
        kernelReads = false;
      }
    }),
    replace(backend, 'readSync', (dataId) => {
      if (current !== undefined && !kernelReads) refuse();
      return readSync.call(backend, dataId);
    }),
  ];
  return () => {
    for (const it of undo) it();
  };
}

function hookScopes(): () => void {
  const engine = tf.engine();
  const startScope = engine.startScope;
  return replace(engine, 'startScope', (name) => {
    const op = name?.replace(/__op$/, '') ?? '';
    const instead = Object.hasOwn(drawing, op) ? drawing[op] : undefined;
    if (current !== undefined && instead !== undefined) {
      throw new GraphError(
        `tf.${op} draws in JavaScript: one draw would be frozen into the program.`,
        instead,
      );
    }
    startScope.call(engine, name);
  });
}

function hookAssignment(): () => void {
  const prototype = tf.Variable.prototype as { assign(value: tf.Tensor): void };
  const assign = prototype.assign;
  return replace(prototype, 'assign', function (this: tf.Variable, value) {
    if (current !== undefined) {
      throw new GraphError(
        `The variable "${this.name}" is assigned while tracing, which a program cannot do.`,
        'return the new value; optimizers of tf.train assign, too: compute the update with tensors',
      );
    }
    assign.call(this, value);
  });
}

function hookMathRandom(): () => void {
  const random = Math.random;
  return replace(Math, 'random', () => {
    if (current === undefined) return random();
    throw new GraphError(
      `Math.random is called while tracing${activeOp()}: one draw would be frozen into the program.`,
      'use randomUniform(shape, key) of this package',
    );
  });
}

/** ` (in tf.name)`, the tfjs function that runs now. */
function activeOp(): string {
  const name = tf.engine().state.activeScope?.name;
  return name?.endsWith('__op') ? ` (in tf.${name.slice(0, -'__op'.length)})` : '';
}
