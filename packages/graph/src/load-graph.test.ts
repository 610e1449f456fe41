import { loadTensorFlow } from '@atelier/tensorflow';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import {
  type Attribute,
  dtypeAttribute,
  functionAttribute,
  type NodeDef,
  shapeAttribute,
  shapesAttribute,
  typesAttribute,
} from './graph-def.ts';
import { GraphError } from './index.ts';
import { inputNode, loadGraph, outputNode } from './load-graph.ts';

loadTensorFlow();

const node = (
  name: string,
  op: string,
  inputs: string[],
  attributes: (readonly [string, Attribute])[],
): NodeDef => ({ name, op, inputs, attributes: new Map(attributes) });

const words = node(
  inputNode(0),
  'Placeholder',
  [],
  [
    ['dtype', dtypeAttribute('string')],
    ['shape', shapeAttribute([-1])],
  ],
);

/** The number that each word spells out, by a function of one word. */
const numbers = () =>
  loadGraph({
    nodes: [
      words,
      node(
        outputNode,
        'MapDefun',
        [inputNode(0)],
        [
          ['Targuments', typesAttribute(['string'])],
          ['Tcaptured', typesAttribute([])],
          ['output_types', typesAttribute(['float32'])],
          ['output_shapes', shapesAttribute([[]])],
          ['f', functionAttribute('number_of')],
        ],
      ),
    ],
    functions: [
      {
        name: 'number_of',
        arguments: [{ name: 'word', dtype: 'string' }],
        results: [{ name: 'number', dtype: 'float32', reference: 'number:output:0' }],
        nodes: [
          node('number', 'StringToNumber', ['word'], [['out_type', dtypeAttribute('float32')]]),
        ],
      },
    ],
    ...{ inputs: 1, outputs: 1 },
  });

test('ops that no tfjs function makes run on any number of strings', () => {
  const graph = numbers();
  for (const given of [['1.5', '-2', '1e3'], ['7']]) {
    const [found] = graph.run([tf.tensor(given, [given.length], 'string')]);
    expect([...found!.dataSync()]).toEqual(given.map(Number));
  }
  graph.dispose();
});

test('an op that fails is named', () => {
  const given = tf.tensor(['1', 'one'], [2], 'string');
  expect(() => numbers().run([given])).toThrow(GraphError);
  expect(() => numbers().run([given])).toThrow(/StringToNumberOp could not .* one/);
});

test('what TensorFlow does not know is refused when it is loaded', () => {
  const nodes = [words, node(outputNode, 'NoSuchOp', [inputNode(0)], [])];
  expect(() => loadGraph({ nodes, functions: [], inputs: 1, outputs: 1 })).toThrow(/NoSuchOp/);
});
