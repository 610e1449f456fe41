import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend, type OpAttribute } from './backend.ts';
import { unrecorded } from './current.ts';
import { type DType, dtypeOf } from './dtype.ts';
import {
  type Attribute,
  boolAttribute,
  boolsAttribute,
  codeAttribute,
  dtypeAttribute,
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
import type { Forms } from './lowering.ts';
import { argumentLength, opSignature, quickerToCompile } from './op-signature.ts';
import { isProduct, type Precision, recordInBfloat16 } from './precision.ts';

/** Ops that throw on integers when the divisor, their second argument, holds a zero. */
const integerDivisions = new Set(['FloorDiv', 'FloorMod']);

/** A tensor of the surroundings that a function takes as an argument of its own. */
export interface Capture {
  name: string;
  tensor: tf.Tensor;
}

export interface RecorderOptions {
  /** The recorder of the function around this one (a loop's body has one). */
  outer?: Recorder;
  /** Variables by dataId: they become arguments when used. Without it their values are embedded. */
  variables: Map<object, tf.Variable> | undefined;
  /** Whether XLA compiles the program: it has ops of its own, such as optimization barriers, and lacks others. */
  jit: boolean;
  /** How convolutions and pooling are computed; unless given, as is best on TensorFlow's device. */
  forms?: Partial<Forms> | undefined;
  /** float32 by default. */
  precision?: Precision;
  /** Above this many bytes a constant is refused. */
  maximumConstantBytes: number;
  /** Above this many bytes all constants together are. */
  maximumConstantsBytes: number;
  /** Is told of every op where it is called; what it throws, the caller sees. */
  onNode?: ((node: NodeDef) => void) | undefined;
}

/** What all recorders of one trace share. */
interface Shared {
  /** The functions that nodes refer to. */
  functions: FunctionDef[];
  /** What made each tensor of the trace. */
  made: Map<object, string>;
  /** The dataIds whose values change from call to call. */
  varying: Set<object>;
  constantBytes: number;
  /** A refusal that could not be thrown where it was found. */
  refusal: GraphError | undefined;
  /** Tensors that are disposed of when the trace ends, not before. */
  kept: tf.Tensor[];
  /** Tensors with lesser numbers were there before. */
  first: number;
}

const beginning = (): Shared => ({
  functions: [],
  made: new Map(),
  varying: new Set(),
  constantBytes: 0,
  refusal: undefined,
  kept: [],
  first: tf.tidy(() => tf.scalar(0).id),
});

/** Writes down the ops of one function while they run, each tensor known by its dataId. */
export class Recorder {
  readonly nodes: NodeDef[] = [];
  readonly captures: Capture[] = [];
  readonly options: RecorderOptions;
  readonly #references = new Map<object, string>();
  readonly #shared: Shared;
  readonly #constants = new Map<string, string>();
  readonly #names = new Map<string, number>();

  constructor(options: RecorderOptions) {
    this.options = options;
    this.#shared = options.outer === undefined ? beginning() : options.outer.#shared;
  }

  /** The functions that nodes here and further in refer to, shared by all recorders of one trace. */
  get functions(): FunctionDef[] {
    return this.#shared.functions;
  }

  /**
   * Says what the function calls a tensor: the name of an argument, or `node:output:i`.
   * @param varies whether its values change from call to call
   */
  bind(tensor: tf.Tensor, name: string, varies = true): void {
    this.#references.set(tensor.dataId, name);
    this.#shared.made.set(tensor.dataId, name);
    if (varies) this.#shared.varying.add(tensor.dataId);
  }

  /** Whether a tensor's values change from call to call, as those of inputs and variables do. */
  varies(tensor: tf.Tensor): boolean {
    return (
      this.#shared.varying.has(tensor.dataId) || this.options.variables?.has(tensor.dataId) === true
    );
  }

  /** Refuses the function when it has run, from where nobody would hear of an error. */
  refuseLater(refusal: GraphError): void {
    this.#shared.refusal ??= refusal;
  }

  throwIfRefused(): void {
    if (this.#shared.refusal !== undefined) throw this.#shared.refusal;
  }

  /** Keeps a tensor until the trace ends, past the tf.tidy that it was made in. */
  keepForTrace(tensor: tf.Tensor): void {
    if (tensor.kept) return;
    this.#shared.kept.push(tf.keep(tensor));
  }

  /** Lets go of what was kept for the trace. */
  release(): void {
    const { kept, first } = this.#shared;
    for (const tensor of kept) {
      tensor.kept = false;
      // Variables and tensors of the surroundings are not the trace's to dispose of.
      if (tensor.id >= first && !(tensor instanceof tf.Variable)) tensor.dispose();
    }
  }

  /** Runs `fn`, which records what the program is not to hold. */
  unnoticed<T>(fn: () => T): T {
    const { functions, constantBytes } = this.#shared;
    const count = functions.length;
    try {
      return fn();
    } finally {
      functions.length = count;
      this.#shared.constantBytes = constantBytes;
    }
  }

  /**
   * Refuses tensors that outlive the trace: they hold what the examples gave, and whoever keeps them would
   * take it for what a call gave.
   */
  refuseKept(): void {
    for (const dataId of this.#shared.varying) {
      if (!tf.engine().state.tensorInfo.has(dataId)) continue;
      throw new GraphError(
        `A tensor of the traced function outlives it (tf.keep), ${madeBy(this.#shared.made.get(dataId))}: it holds what the examples gave, and later calls would not change it.`,
        'return it from the function, and pass it as an input where the next call needs it; a layer with stateful: true keeps its states so: build it without, and pass its initialState',
      );
    }
  }

  /**
   * Records one op, unless it is refused before it runs.
   * @param run runs it on example values
   */
  record(
    called: string,
    attributes: readonly OpAttribute[],
    inputs: readonly tf.Tensor[],
    run: (inputs: tf.Tensor[]) => tf.Tensor[],
  ): tf.Tensor[] {
    const op = quickerToCompile(called, inputs);
    const signature = opSignature(op, attributes, this.options.jit);
    const references = inputs.map((tensor, i) =>
      this.reference(tensor, `Argument ${i} of the op "${op}"`),
    );
    const varies = inputs.some((tensor) => this.varies(tensor));
    const outputs = run(inputs.map((tensor, i) => this.#exampleFor(op, tensor, i)));
    const named = new Map(attributes.map((it) => [it.name, attributeOf(op, it)]));
    // As in eager execution, the inputs' types win: tfjs's kernels leave some out, and say some wrong.
    let at = 0;
    for (const argument of signature.inputs) {
      const tensor = inputs[at];
      at += argumentLength(argument, attributes);
      if (tensor === undefined || argument.name === '-') continue;
      const code = typeCode(tensor);
      if (code !== undefined) named.set(argument.name, codeAttribute(code));
    }
    if (this.options.precision === 'bfloat16' && isProduct(op, inputs.map(typeCode))) {
      this.bind(outputs[0]!, recordInBfloat16(this, op, named, references), varies);
      return outputs;
    }
    const places = signature.outputs.flatMap((argument) =>
      Array.from(
        { length: argumentLength(argument, attributes) },
        (_, i) => `${argument.name}:${i}`,
      ),
    );
    const gave = outputs.map(({ shape }, i) => ({ output: places[i]!, shape: [...shape] }));
    const name = this.add(op, named, references, gave);
    outputs.forEach((tensor, i) => {
      this.bind(tensor, `${name}:${places[i]}`, varies);
    });
    return outputs;
  }

  /** Integers are not divided by zero, which examples often are; the program takes what is really there. */
  #exampleFor(op: string, tensor: tf.Tensor, i: number): tf.Tensor {
    const isDivisor = i === 1 && integerDivisions.has(op) && tensor.dtype === 'int32';
    return isDivisor && this.varies(tensor) ? unrecorded(() => tf.onesLike(tensor)) : tensor;
  }

  /** Adds a node as it is and returns its name. */
  add(
    op: string,
    attributes: ReadonlyMap<string, Attribute>,
    inputs: readonly string[],
    gave?: NodeDef['gave'],
  ): string {
    const count = this.#names.get(op) ?? 0;
    this.#names.set(op, count + 1);
    const name = `${op}_${count}`;
    const node: NodeDef = { name, op, inputs, attributes, ...(gave && { gave }) };
    this.nodes.push(node);
    this.options.onNode?.(node);
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
    const { outer, variables } = this.options;
    return variables?.has(tensor.dataId) === true || outer?.knows(tensor) === true;
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
    if (this.#shared.made.has(tensor.dataId)) {
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
    if (!uniform) this.#countConstant(bytes.length, where);
    const key = bytes.length <= 64 ? `${dtype} ${tensor.shape} ${bytes.toString('hex')}` : '';
    const same = this.#constants.get(key);
    if (same !== undefined) return same;
    const attributes = new Map([
      ['dtype', dtypeAttribute(dtype)],
      // A copy: tfjs may hold the caller's own array.
      ['value', tensorAttribute({ shape: [...tensor.shape], dtype }, values.slice())],
    ]);
    const reference = `${this.add('Const', attributes, [])}:output:0`;
    if (key !== '') this.#constants.set(key, reference);
    return reference;
  }

  #countConstant(bytes: number, where: string): void {
    this.#shared.constantBytes += bytes;
    const { maximumConstantsBytes: most } = this.options;
    if (this.#shared.constantBytes <= most) return;
    throw new GraphError(
      `${where} is neither an input nor computed from one, and with it ${this.#shared.constantBytes} bytes of such tensors would be embedded in the program; at most ${most} are.`,
      'pass the largest as inputs (of compile) or constants (of compileLoop), or make variables of them',
    );
  }
}

/** TensorFlow's code of a tensor's type. */
const typeCode = ({ dataId }: tf.Tensor): number | undefined =>
  nodeBackend().tensorMap.get(dataId)?.dtype;

/** What a name says of the tensor that is bound to it. */
function madeBy(name: string | undefined): string {
  const op = /^(\w+)_\d+:/.exec(name ?? '')?.[1];
  return op === undefined ? 'one of its inputs' : `made by the op "${op}"`;
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

/** An attribute as a kernel wrote it. */
function attributeOf(op: string, { name, type, value }: OpAttribute): Attribute {
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
