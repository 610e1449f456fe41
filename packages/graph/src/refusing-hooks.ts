import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from './backend.ts';
import { currentRecorder } from './current.ts';
import { GraphError } from './graph-error.ts';
import { replace } from './hooks.ts';
import { describeVariable } from './variable.ts';

/** tfjs functions that draw in JavaScript, so that one draw would be frozen into the program. */
const drawing: Readonly<Record<string, string>> = {
  dropout: 'use dropout(x, rate, key) of @atelier/graph',
  multinomial: 'compare cumulative probabilities with randomUniform(shape, key) of @atelier/graph',
  rand: 'use randomUniform(shape, key) of @atelier/graph',
  randomGamma: 'transform randomUniform(shape, key) of @atelier/graph',
  randomNormal: 'use randomNormal(shape, key) of @atelier/graph',
  randomStandardNormal: 'use randomNormal(shape, key) of @atelier/graph',
  randomUniform: 'use randomUniform(shape, key) of @atelier/graph',
  randomUniformInt: 'use randomBits(shape, key) of @atelier/graph',
  truncatedNormal: 'clip randomNormal(shape, key) of @atelier/graph',
};

export function hookReads(): () => void {
  const backend = nodeBackend();
  const { readSync, read } = backend;
  let kernelReads = false;

  const refusal = () =>
    new GraphError(
      `A tensor's values are read while tracing${activeOp()}: they would be frozen into the program.`,
      'use no data(), dataSync(), array(), print() in a traced function; compute with tensors, choose with tf.where, and read what the compiled function returns',
    );
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
      if (currentRecorder() !== undefined && !kernelReads) throw refusal();
      return readSync.call(backend, dataId);
    }),
    replace(backend, 'read', (dataId) => {
      const recorder = currentRecorder();
      if (recorder === undefined) return read.call(backend, dataId);
      // Nobody may wait for the promise, and a rejection that nobody handles would end the process.
      recorder.refuseLater(refusal());
      return new Promise(() => {});
    }),
  ];
  return () => {
    for (const it of undo) it();
  };
}

export function hookScopes(): () => void {
  const engine = tf.engine();
  const startScope = engine.startScope;
  return replace(engine, 'startScope', (name) => {
    const op = name?.replace(/__op$/, '') ?? '';
    const instead = Object.hasOwn(drawing, op) ? drawing[op] : undefined;
    if (currentRecorder() !== undefined && instead !== undefined) {
      throw new GraphError(
        `tf.${op} draws in JavaScript: one draw would be frozen into the program.`,
        `${instead}; where a layer or a variable draws its first values, make it before compiling`,
      );
    }
    startScope.call(engine, name);
  });
}

export function hookAssignment(): () => void {
  const prototype = tf.Variable.prototype as { assign(value: tf.Tensor): void };
  const assign = prototype.assign;
  return replace(prototype, 'assign', function (this: tf.Variable, value) {
    if (currentRecorder() !== undefined) {
      throw new GraphError(
        `${describeVariable(this)} is assigned while tracing, which a program cannot do.`,
        'return the new value and assign it after the call: const { next } = compiled.call(x); w.assign(next); in a loop, pass it around as state. In the place of tf.train, whose optimizers assign, take adam and the other optimizers of @atelier/graph; for a layer that assigns, as batchNormalization does, functional(model) of its entry point ./layers',
      );
    }
    assign.call(this, value);
  });
}

export function hookMathRandom(): () => void {
  const random = Math.random;
  return replace(Math, 'random', () => {
    if (currentRecorder() === undefined) return random();
    throw new GraphError(
      `Math.random is called while tracing${activeOp()}: one draw would be frozen into the program.`,
      'use randomUniform(shape, key) of @atelier/graph',
    );
  });
}

/** ` (in tf.name)`, the tfjs function that runs now. */
function activeOp(): string {
  const name = tf.engine().state.activeScope?.name;
  return name?.endsWith('__op') ? ` (in tf.${name.slice(0, -'__op'.length)})` : '';
}
