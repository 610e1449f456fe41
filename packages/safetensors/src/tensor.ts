/** The element types that Atelier stores; the format knows more. */
export type DType = 'F32' | 'I32' | 'U8';

interface Typed<T extends DType, A> {
  dtype: T;
  /** Row-major; the empty shape is a scalar. */
  shape: readonly number[];
  data: A;
}

export type Tensor =
  | Typed<'F32', Float32Array>
  | Typed<'I32', Int32Array>
  | Typed<'U8', Uint8Array>;

export interface Safetensors {
  tensors: Record<string, Tensor>;
  metadata: Record<string, string>;
}

export const arrayTypes = { F32: Float32Array, I32: Int32Array, U8: Uint8Array } as const;
