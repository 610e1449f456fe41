import type { Attribute, NodeDef } from '@atelier/graph/graph-def';
import { Untranslated } from '../../traced-network.ts';
import { int, ints, type Values, type Writer } from '../onnx-model.ts';
import { dataTypes } from '../onnx-schema.ts';

/** A result of an op: what ONNX calls it, its shape with -1 for the number of images, and its values if constant. */
export interface Value {
  /** Adds a constant to the model when it is first asked for: shapes and axes become attributes mostly. */
  name(): string;
  shape: readonly number[];
  values: Values | undefined;
}

/** Writes an op of TensorFlow's in ONNX. @returns the names of what it gives, in its order */
export type Translate = (op: Op) => string | readonly string[];

type OnnxAttribute = Parameters<Writer['node']>[3];

/** TensorFlow's types (types.proto) as ONNX's. */
const dataTypeOfCode: Readonly<Record<number, number>> = {
  1: dataTypes.float,
  3: dataTypes.int32,
  4: dataTypes.uint8,
  9: dataTypes.int64,
  10: dataTypes.bool,
};

/** An op that is being translated: what it is given, and how nodes are added for it. */
export class Op {
  readonly node: NodeDef;
  readonly #values: readonly Value[];
  readonly #writer: Writer;
  #count = 0;

  constructor(node: NodeDef, values: readonly Value[], writer: Writer) {
    this.node = node;
    this.#values = values;
    this.#writer = writer;
  }

  /** The names of all that it is given. */
  get inputs(): readonly string[] {
    return this.inputNames(0);
  }

  /** Those of some: what is not asked for is no part of the model. */
  inputNames(from: number, to?: number): readonly string[] {
    return this.#values.slice(from, to).map((value) => value.name());
  }

  input(i: number): string {
    return this.#values[i]!.name();
  }

  /** -1 stands for the number of images. */
  shape(i: number): readonly number[] {
    return this.#values[i]!.shape;
  }

  /** What it gives. */
  get gives(): readonly number[] {
    return this.node.gave![0]!.shape;
  }

  isConstant(i: number): boolean {
    return this.#values[i]!.values !== undefined;
  }

  /** The numbers of an argument that is a constant, as axes mostly are. @throws Untranslated for others */
  numbers(i: number): number[] {
    const { values } = this.#values.at(i)!;
    return values === undefined
      ? this.refuse(`whose argument ${i < 0 ? this.#values.length + i : i} is computed`)
      : Array.from(values, Number);
  }

  /** The same as integers of 64 bits, which ONNX wants of shapes; computed ones are cast. */
  sizes(i: number): string {
    const { values } = this.#values.at(i)!;
    return values === undefined
      ? this.emit('Cast', [this.#values.at(i)!.name()], int('to', dataTypes.int64))
      : this.int64(Array.from(values, Number));
  }

  emit(type: string, inputs: readonly string[], ...attributes: OnnxAttribute[]): string {
    return this.#writer.node(type, inputs, this.#name(), ...attributes);
  }

  emitSeveral(
    type: string,
    inputs: readonly string[],
    count: number,
    ...attributes: OnnxAttribute[]
  ) {
    const names = Array.from({ length: count }, () => this.#name());
    return this.#writer.nodeOf(type, inputs, names, ...attributes);
  }

  float(value: number): string {
    return this.#writer.tensor(this.#name(), Float32Array.of(value), []);
  }

  int32(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#writer.tensor(this.#name(), Int32Array.from(values), dims);
  }

  int64(values: readonly (number | bigint)[]): string {
    const all = BigInt64Array.from(values, BigInt);
    return this.#writer.tensor(this.#name(), all, [values.length]);
  }

  transposed(name: string, perm: readonly number[]): string {
    return this.emit('Transpose', [name], ints('perm', perm));
  }

  cast(name: string, to: keyof typeof dataTypes): string {
    return this.emit('Cast', [name], int('to', dataTypes[to]));
  }

  /** ONNX's code of the type that an attribute names. */
  dataType(name: string): number {
    return dataTypeOfCode[(this.#attribute(name) as { type: number }).type]!;
  }

  isFloat(): boolean {
    return this.dataType('T') === dataTypes.float;
  }

  flag(name: string): boolean {
    return (this.#attribute(name) as { bool: boolean } | undefined)?.bool ?? false;
  }

  /** An integer or a float. */
  number(name: string, missing: number): number {
    const found = this.#attribute(name) as { int?: number; float?: number } | undefined;
    return found?.int ?? found?.float ?? missing;
  }

  text(name: string, missing: string): string {
    return (this.#attribute(name) as { text: string } | undefined)?.text ?? missing;
  }

  list(name: string): readonly number[] {
    return (this.#attribute(name) as { ints: readonly number[] } | undefined)?.ints ?? [];
  }

  /** @param why in words that follow the name of the op */
  refuse(why: string): never {
    throw new Untranslated(this.node, why);
  }

  #attribute(name: string): Attribute | undefined {
    return this.node.attributes.get(name);
  }

  #name(): string {
    this.#count += 1;
    return `${this.node.name}/${this.#count}`;
  }
}

/** An axis counted from the first. */
export const fromFirst = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
