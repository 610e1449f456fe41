import type { PlaceOnDisk } from '../formats/format.ts';
import type { ByteSource } from './byte-source.ts';

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
  /** The same in pieces, of which few are in memory. */
  pieces(): AsyncIterable<Uint8Array>;
  /**
   * The same in a file, one after another from `offset` on.
   * @param directory where it is written if it has to be decompressed
   */
  onDisk(directory: string): Promise<PlaceOnDisk>;
}

/**
 * The arrays of a file by their names. What is said of one is read when it is asked for: of those that
 * nobody asks for nothing has to be understood.
 * @throws UserError where the file says nothing that can be used
 */
export type ArrayFile = Map<string, () => Promise<StoredArray>>;

/** Opens a file of arrays, of any length. */
export type OpenArrays = (source: ByteSource) => Promise<ArrayFile>;

export const describeArray = ({ element, shape }: StoredArray): string =>
  `${element} [${shape.join(', ')}]`;
