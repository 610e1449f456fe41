import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { traceAnyBatch } from './dynamic-batch.ts';
import { specOf } from './fresh.ts';
import {
  boolAttribute,
  dtypeAttribute,
  encodeSavedModel,
  type FunctionDef,
  functionAttribute,
  type NodeDef,
  type SignatureEntry,
  shapeAttribute,
  typesAttribute,
} from './graph-def.ts';
import { GraphError } from './graph-error.ts';
import { type Traced, type TraceOptions, trace } from './trace.ts';
import type { Leaf, Specs, TensorSpec } from './tree.ts';

/** The name of the graph's node that gives the outputs. */
export const outputNode = 'program';

/** The name of the graph's node for the i-th argument. */
export const inputNode = (i: number): string => `input_${i}`;

/** The attribute by which TensorFlow compiles a function by XLA, whole, or fails. */
const mustCompile = new Map([['_XlaMustCompile', boolAttribute(true)]]);

/** The attribute by which TensorFlow's optimizer of graphs leaves a function as it is (meta_optimizer.cc). */
const asItIs = new Map([['_tf_data_function', boolAttribute(true)]]);

export interface WrittenModel {
  jit: boolean;
  signature: string;
  /** Whether TensorFlow's optimizer of graphs may rewrite it; true by default. */
  isOptimized?: boolean;
}

/** Writes a traced function as a SavedModel. */
export function writeSavedModel(directory: string, traced: Traced, written: WrittenModel): void {
  writeFiles(directory, { [graphFile]: encodeTraced(traced, written) });
}

/** Writes the files of a SavedModel, by their names below its folder. */
export function writeFiles(directory: string, files: Record<string, Uint8Array>): void {
  mkdirSync(join(directory, 'variables'), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(directory, dirname(name)), { recursive: true });
    writeFileSync(join(directory, name), content);
  }
}

export const graphFile = 'saved_model.pb';

/** The bytes of a SavedModel's graph: placeholders, and one call of the function. */
function encodeTraced(
  { functions: traced, inputs, variables, outputs }: Traced,
  { jit, signature, isOptimized = true }: WrittenModel,
): Uint8Array {
  const functions = isOptimized ? traced : traced.map(leftAsItIs);
  const main = functions.at(-1) as FunctionDef;
  const fed: Leaf<TensorSpec>[] = [
    ...inputs,
    ...variables.map(({ tensor }) => ({ path: tensor.name, value: specOf(tensor, tensor.name) })),
  ];
  const placeholders: NodeDef[] = fed.map(({ value }, i) => ({
    name: inputNode(i),
    op: 'Placeholder',
    inputs: [],
    attributes: new Map([
      ['dtype', dtypeAttribute(value.dtype)],
      ['shape', shapeAttribute(value.shape)],
    ]),
  }));
  const compiled = jit ? mustCompile : new Map<string, never>();
  const call: NodeDef = {
    name: outputNode,
    op: 'PartitionedCall',
    inputs: placeholders.map(({ name }) => name),
    attributes: new Map([
      ['Tin', typesAttribute(main.arguments.map(({ dtype }) => dtype))],
      ['Tout', typesAttribute(main.results.map(({ dtype }) => dtype))],
      ['f', functionAttribute(main.name)],
      ...compiled,
    ]),
  };
  const entries = (
    leaves: readonly Leaf<TensorSpec>[],
    lone: string,
    tensor: (i: number) => string,
  ) =>
    leaves.map(
      ({ path, value }, i): SignatureEntry => ({ ...value, key: path || lone, tensor: tensor(i) }),
    );
  const model = encodeSavedModel({
    nodes: [...placeholders, call],
    functions: [
      ...functions.slice(0, -1),
      { ...main, attributes: new Map([...(main.attributes ?? []), ...compiled]) },
    ],
    signature,
    inputs: entries(fed, 'input', (i) => `${inputNode(i)}:0`),
    outputs: entries(outputs, 'output', (i) => `${outputNode}:${i}`),
  });
  return Buffer.concat(model);
}

const leftAsItIs = (def: FunctionDef): FunctionDef => ({
  ...def,
  attributes: new Map([...(def.attributes ?? []), ...asItIs]),
});

export interface SaveOptions<I> {
  /** Example tensors, or their shapes and types: they are fixed in the model. */
  inputs: I | Specs<I>;
  /**
   * Leaves the first dimension of every input that is no scalar open, where the function allows it: where its
   * operations are the same for every size, and nothing but the shape for a reshape holds the size.
   */
  dynamicBatch?: boolean;
}

/** What `loadModel` needs besides the graph, in the folder that TensorFlow leaves to others. */
export type ModelForm = Pick<Traced, 'inputs' | 'inputStructure' | 'outputs' | 'outputStructure'>;

/** Where it lies in a model's folder. */
export const modelForm: string = join('assets.extra', 'graph.json');

/**
 * Writes a tfjs function as a standard SavedModel (tag `serve`, signature `serving_default`), for
 * TensorFlow, TensorFlow Serving and other tools. Tensors that `fn` uses beside its inputs, such as
 * weights, are embedded. `loadModel` of this package reads it with its trees and types.
 * @param directory made if it does not exist; an earlier model in it is replaced
 * @throws GraphError for what cannot be traced, for a function that gives no tensor, and where the
 *   directory cannot be written
 */
export function saveModel<I, O>(
  directory: string,
  fn: (inputs: I) => O,
  options: SaveOptions<I>,
): void {
  const files = encodeModel(fn, options);
  try {
    writeFiles(directory, files);
  } catch (cause) {
    throw new GraphError(
      `The model cannot be written to ${directory}: ${(cause as Error).message}.`,
      'name a folder that is there or can be made',
      { cause },
    );
  }
}

/**
 * The files that `saveModel` writes, by their names in the folder.
 * @throws GraphError for what cannot be traced, and for a function that gives no tensor
 */
export function encodeModel<I, O>(
  fn: (inputs: I) => O,
  options: SaveOptions<I>,
): Record<string, Uint8Array> {
  const traced = traceToSave(fn, options);
  const { inputs: taken, inputStructure, outputs, outputStructure } = traced;
  const form = {
    ...{ inputs: taken, inputStructure },
    ...{ outputs: outputs.map(({ path, value }) => ({ path, value })), outputStructure },
  } satisfies ModelForm;
  return {
    [graphFile]: encodeTraced(traced, { jit: false, signature: 'serving_default' }),
    [modelForm]: Buffer.from(`${JSON.stringify(form)}\n`),
  };
}

/** A function with all that it uses in it. */
export function traceToSave<I, O>(
  fn: (inputs: I) => O,
  { inputs, dynamicBatch = false, onNode }: SaveOptions<I> & Pick<TraceOptions, 'onNode'>,
): Traced {
  const traceFor = (specs: unknown) =>
    trace(fn, specs, {
      // What one file of Protocol Buffers holds at most is 2 GiB.
      maximumConstantBytes: 2 ** 30,
      maximumConstantsBytes: 2 ** 30,
      embedVariables: true,
      jit: false,
      onNode,
    });
  return dynamicBatch ? traceAnyBatch(inputs, traceFor) : traceFor(inputs);
}
