/**
 * Walks over a structure of Thrift's compact protocol, as Parquet's metadata is written, and finds out
 * whether its lists and texts can be in so many bytes: whoever decodes it takes the memory for a list
 * when it reads how long that is.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 * @returns where it ends
 * @throws RangeError where it does not fit
 */
export function endOfStruct(bytes: Uint8Array, start: number): number {
  let at = start;

  function byte(): number {
    const value = bytes[at++];
    if (value === undefined) throw new RangeError('it ends too early');
    return value;
  }

  function varint(): number {
    let value = 0;
    for (let shift = 1; shift <= 2 ** 63; shift *= 128) {
      const next = byte();
      value += (next & 0x7f) * shift;
      if (next < 0x80) return value;
    }
    throw new RangeError('a number has too many bytes');
  }

  function fits(count: number): number {
    if (count <= bytes.length - at) return count;
    throw new RangeError(`${count} do not fit into ${bytes.length - at} bytes`);
  }

  function pass(count: number): void {
    at += fits(count);
  }

  function skip(type: number, depth: number): void {
    if (depth > deepest) throw new RangeError(`it is nested deeper than ${deepest}`);
    if (type === 3) byte();
    else if (type >= 4 && type <= 6) varint();
    else if (type === 7) pass(8);
    else if (type === 8) pass(varint());
    else if (type === 9 || type === 10) skipList(depth);
    else if (type === 12) skipStruct(depth);
    // True and false are in the type itself; Parquet has neither maps nor others.
    else if (type !== 1 && type !== 2)
      throw new RangeError(`its metadata hold a value of the unknown type ${type}`);
  }

  function skipList(depth: number): void {
    const head = byte();
    const count = fits(head >> 4 === 15 ? varint() : head >> 4);
    // In a list, each truth takes a byte.
    const type = (head & 15) <= 2 ? 3 : head & 15;
    for (let i = 0; i < count; i++) skip(type, depth + 1);
  }

  function skipStruct(depth: number): void {
    for (let head = byte(); (head & 15) !== 0; head = byte()) {
      if (head >> 4 === 0) varint();
      skip(head & 15, depth + 1);
    }
  }

  skipStruct(0);
  return at;
}

const deepest = 32;
