/** What a file says of one of its arrays, before its elements are read. */
export interface StoredArray {
  /** As IDX and Rust name it: u8, i64, f32; for people where it is none of these: bool, text. */
  element: string;
  shape: readonly number[];
  bigEndian?: boolean;
  /** Whether the first index changes fastest, as in Fortran. */
  columnMajor?: boolean;
  /** All elements as they lie in the file: as many bytes as shape and element say. */
  read(): Promise<Uint8Array>;
}

/**
 * The arrays of a file by their names. What is said of one is read when it is asked for: of those that
 * nobody asks for nothing has to be understood.
 * @throws UserError where the file says nothing that can be used
 */
export type ArrayFile = Map<string, () => Promise<StoredArray>>;

/** Opens the bytes of a file. @param where names their origin in errors */
export type OpenArrays = (bytes: Uint8Array, where: string) => Promise<ArrayFile>;

export const describeArray = ({ element, shape }: StoredArray): string =>
  `${element} [${shape.join(', ')}]`;

/** Plain even where `bytes` is a Buffer, whose slice() would share memory instead of copying. */
export const plainView = (bytes: Uint8Array, begin: number, end: number): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset + begin, end - begin);
