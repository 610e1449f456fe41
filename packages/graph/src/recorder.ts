import type * as tf from '@tensorflow/tfjs-core';
import { nodeBackend, type OpAttribute } from './backend.ts';
import { type DType, dtypeCode, dtypeOf } from './dtype.ts';
import {
  type Attribute,
  boolAttribute,
  boolsAttribute,
  codeAttribute,
  type FunctionDef,
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  type NodeDef,
  shapeAttribute,
  stringAttribute,
  tensorAttribute,
} from './graph-def.ts';
import { GraphError } from './graph-error.ts';
import { argumentLength, opSignature, quickerToCompile } from './op-signature.ts';

/** A tensor of the surroundings that a function takes as an argument of its own. */
export interface Capture {
  name: string;
  tensor: tf.Tensor;
}

export interface RecorderOptions {
  /** The recorder of the function around this one (a loop's body has one). */
  outer?: Recorder;
  /** Tensors that become arguments when used, although nobody recorded them. */
  captured?: (tensor: tf.Tensor) => boolean;
  /** Whether the program knows XLA's own ops, such as optimization barriers. */
  barriers: boolean;
  /** Above this many bytes a constant is refused. */
  maximumConstantBytes: number;
}

/** Writes down the ops of one function while they run, each tensor known by its dataId. */
export class Recorder {
  readonly nodes: NodeDef[] = [];
  readonly captures: Capture[] = [];
  /** The functions that nodes here and further in refer to, shared by all recorders of one trace. */
  readonly functions: FunctionDef[];
  readonly options: RecorderOptions;
  readonly #references = new Map<object, string>();
  /** The dataIds of all that was bound in this trace, shared like the functions. */
  readonly #bound: WeakSet<object>;
  readonly #constants = new Map<string, string>();
  readonly #names = new Map<string, number>();

  constructor(options: RecorderOptions) {
    this.options = options;
    this.functions = options.outer?.functions ?? [];
    this.#bound = options.outer === undefined ? new WeakSet() : options.outer.#bound;
  }

  /** Says that a tensor is the function's argument of this name. */
  bind(tensor: tf.Tensor, name: string): void {
    this.#references.set(tensor.dataId, name);
    this.#bound.add(tensor.dataId);
  }

  /**
   * Records one op, unless it is refused before it runs.
   * @param run runs it on the example values
   */
  record(
    called: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
    run: () => tf.Tensor[],
  ): tf.Tensor[] {
    const op = quickerToCompile(called, inputs);
    const signature = opSignature(op, attributes);
    const references = inputs.map((tensor, i) =>
      this.reference(tensor, `Argument ${i} of the op "${op}"`),
    );
    const outputs = run();
    const encoded = new Map(attributes.map((it) => [it.name, encodeAttribute(op, it)]));
    // Some of tfjs's kernels leave out types, which eager execution takes from the inputs.
    let at = 0;
    for (const argument of signature.inputs) {
      const tensor = inputs[at];
      at += argumentLength(argument, attributes);
      if (tensor === undefined || argument.name === '-' || encoded.has(argument.name)) continue;
      encoded.set(
        argument.name,
        codeAttribute(dtypeCode[dtypeOf(tensor, `An argument of "${op}"`)]),
      );
    }
    const name = this.add(op, encoded, references);
    const places = signature.outputs.flatMap((argument) =>
      Array.from(
        { length: argumentLength(argument, attributes) },
        (_, i) => `${argument.name}:${i}`,
      ),
    );
    outputs.forEach((tensor, i) => {
      this.bind(tensor, `${name}:${places[i]}`);
    });
    return outputs;
  }

  /** Adds a node as it is and returns its name. */
  add(op: string, attributes: ReadonlyMap<string, Attribute>, inputs: readonly string[]): string {
    const count = this.#names.get(op) ?? 0;
    this.#names.set(op, count + 1);
    const name = `${op}_${count}`;
    this.nodes.push({ name, op, inputs, attributes });
    return name;
  }

  /**
   * What the function calls a tensor: a result, an argument, or else a constant made of its values.
   * @param where says in an error which tensor it is
   */
  reference(tensor: tf.Tensor, where: string): string {
    const known = this.#references.get(tensor.dataId);
    if (known !== undefined) return known;
    const reference = this.#isCaptured(tensor)
      ? this.#capture(tensor)
      : this.#constant(tensor, where);
    this.#references.set(tensor.dataId, reference);
    return reference;
  }

  #isCaptured(tensor: tf.Tensor): boolean {
    const { outer, captured } = this.options;
    return captured?.(tensor) === true || outer?.knows(tensor) === true;
  }

  /** Whether a tensor changes from call to call here or further out. */
  knows(tensor: tf.Tensor): boolean {
    const reference = this.#references.get(tensor.dataId);
    if (reference !== undefined) return !reference.startsWith('Const_');
    return this.#isCaptured(tensor);
  }

  #capture(tensor: tf.Tensor): string {
    const name = `captured_${this.captures.length}`;
    this.captures.push({ name, tensor });
    return name;
  }

  #constant(tensor: tf.Tensor, where: string): string {
    // Bound, but neither here nor further out: in the body of a loop, on the examples' values.
    if (this.#bound.has(tensor.dataId)) {
      throw new GraphError(
        `${where} was computed inside a loop and is used outside of it: its value would be frozen into the program.`,
        'return it as state from the step',
      );
    }
    const dtype = dtypeOf(tensor, where);
    const values = constantValues(tensor, dtype);
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const uniform = values.every((value) => Object.is(value, values[0]));
    if (!uniform && bytes.length > this.options.maximumConstantBytes) {
      throw new GraphError(
        `${where} is a tensor of ${dtype} [${tensor.shape}] that is neither an input nor computed from one: ${bytes.length} bytes would be embedded in the program, and at most ${this.options.maximumConstantBytes} are.`,
        'pass it as an input (of compile) or a constant (of compileLoop)',
      );
    }
    const key = bytes.length <= 64 ? `${dtype} ${tensor.shape} ${bytes.toString('hex')}` : '';
    const same = this.#constants.get(key);
    if (same !== undefined) return same;
    const attributes = new Map([
      ['dtype', codeAttribute(dtypeCode[dtype])],
      ['value', tensorAttribute({ shape: tensor.shape, dtype }, values)],
    ]);
    const reference = `${this.add('Const', attributes, [])}:output:0`;
    if (key !== '') this.#constants.set(key, reference);
    return reference;
  }
}

function constantValues(tensor: tf.Tensor, dtype: DType): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'uint8') {
    throw new GraphError(
      'A byte tensor cannot be embedded in a program.',
      'pass it as an input (of compile) or a constant (of compileLoop)',
    );
  }
  // Past the hook on reads: a constant's values are what the program is to hold.
  const backend = nodeBackend();
  const read = Object.getPrototypeOf(backend).readSync as typeof backend.readSync;
  return read.call(backend, tensor.dataId) as Float32Array | Int32Array | Uint8Array;
}

/** An attribute as a kernel wrote it, encoded for a NodeDef. */
function encodeAttribute(op: string, { name, type, value }: OpAttribute): Attribute {
  const binding = nodeBackend().binding;
  switch (type) {
    case binding.TF_ATTR_TYPE:
      return codeAttribute(value as number);
    case binding.TF_ATTR_SHAPE:
      return shapeAttribute(value as number[]);
    case binding.TF_ATTR_STRING:
      return stringAttribute(value as string);
    case binding.TF_ATTR_BOOL:
      return Array.isArray(value) ? boolsAttribute(value) : boolAttribute(value as boolean);
    case binding.TF_ATTR_INT:
      return Array.isArray(value) ? intsAttribute(value) : intAttribute(value as number);
    case binding.TF_ATTR_FLOAT:
      return Array.isArray(value) ? floatsAttribute(value) : floatAttribute(value as number);
    default:
      throw new GraphError(
        `The attribute "${name}" of the op "${op}" has the unknown type ${type}.`,
      );
  }
}
