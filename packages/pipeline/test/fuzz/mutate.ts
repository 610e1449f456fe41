import { gunzipSync, gzipSync } from 'node:zlib';
import type { Dice } from './dice.ts';
import { mutateJson } from './mutate-json.ts';

/** No input is longer: what is refused for its size alone is another test's matter. */
const longest = 1 << 20;

type Way = (bytes: Uint8Array, dice: Dice, others: readonly Uint8Array[]) => Uint8Array | undefined;

/** Values at which sizes, signs and types change. */
const integers = [
  0,
  1,
  7,
  8,
  127,
  128,
  255,
  256,
  65_535,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 53,
];

/** What means something in JSON, YAML or a terminal. */
const tokens = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    "'",
    '\n',
    '\t',
    ' ',
    '-',
    '- ',
    '? ',
    '#',
    '|',
    '>',
    '\\',
  ],
  ...['&a ', '*a', '<<: *a', '!!binary ', '!!set ', '!!js/function ', '%YAML 1.1\n---\n', '---\n'],
  ...[
    '...\n',
    '~',
    'null',
    'yes',
    '0x1f',
    '0o7',
    '1e999',
    '.inf',
    '.nan',
    '-0',
    '1_000',
    '1:30:00',
  ],
  ...['"__proto__":', '__proto__: ', '"constructor":', '\u001b[2J', '\u009b', '\u202e', '\ufeff'],
  ...[
    '\u0000',
    '\\u0000',
    '\\ud800',
    '[['.repeat(5_000),
    '{"a":'.repeat(5_000),
    '- '.repeat(5_000),
  ],
];

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const span = (bytes: Uint8Array, dice: Dice): [begin: number, end: number] => {
  const begin = dice.below(bytes.length + 1);
  return [begin, begin + dice.below(Math.min(bytes.length - begin, 4_096) + 1)];
};

const insert = (bytes: Uint8Array, at: number, more: Uint8Array): Uint8Array =>
  joined(bytes.subarray(0, at), more, bytes.subarray(at));

const ofBytes: readonly Way[] = [
  function flipBit(bytes, dice) {
    const changed = bytes.slice();
    if (changed.length > 0) changed[dice.below(changed.length)]! ^= 1 << dice.below(8);
    return changed;
  },
  function setInteger(bytes, dice) {
    const changed = bytes.slice();
    const view = new DataView(changed.buffer);
    const width = dice.pick([1, 2, 4, 8]);
    if (changed.length < width) return undefined;
    // Headers are at the beginning, so half of the changes are.
    const at = dice.below(Math.min(changed.length - width, dice.pick([32, longest])) + 1);
    const value = dice.pick(integers);
    const little = dice.below(2) === 0;
    if (width === 8) view.setBigUint64(at, BigInt(value), little);
    else if (width === 4) view.setUint32(at, value, little);
    else if (width === 2) view.setUint16(at, value, little);
    else view.setUint8(at, value);
    return changed;
  },
  function remove(bytes, dice) {
    const [begin, end] = span(bytes, dice);
    return joined(bytes.subarray(0, begin), bytes.subarray(end));
  },
  (bytes, dice) => bytes.subarray(0, dice.below(bytes.length + 1)),
  function repeat(bytes, dice) {
    const [begin, end] = span(bytes, dice);
    const part = bytes.subarray(begin, end);
    const times = Math.min(dice.pick([1, 10, 100, 1_000]), Math.floor(longest / (part.length + 1)));
    return insert(bytes, end, joined(...Array.from({ length: times }, () => part)));
  },
  function splice(bytes, dice, others) {
    const other = dice.pick(others);
    return joined(
      bytes.subarray(0, dice.below(bytes.length + 1)),
      other.subarray(dice.below(other.length + 1)),
    );
  },
  (bytes, dice) => insert(bytes, dice.below(bytes.length + 1), Buffer.from(dice.pick(tokens))),
];

const json: Way = (bytes, dice) => {
  const text = mutateJson(Buffer.from(bytes).toString(), dice);
  return text === undefined ? undefined : Buffer.from(text);
};

/** The JSON header of a safetensors file, its length kept right. */
const safetensorsHeader: Way = (bytes, dice) => {
  if (bytes.length < 8) return undefined;
  const length = Number(Buffer.from(bytes).readBigUInt64LE());
  if (length > bytes.length - 8) return undefined;
  const header = json(bytes.subarray(8, 8 + length), dice, []);
  if (header === undefined) return undefined;
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return joined(prefix, header, bytes.subarray(8 + length));
};

/** What a gzip file holds, packed again. */
const gzipContent: Way = (bytes, dice, others) => {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return undefined;
  try {
    const content = gunzipSync(bytes, { maxOutputLength: longest });
    const changed = dice.pick(ofBytes)(content, dice, others);
    return changed && gzipSync(changed);
  } catch {
    return undefined;
  }
};

const structured: readonly Way[] = [json, safetensorsHeader, gzipContent];

/** Changes an input in one way or a few, in the terms of its format where it has one. */
export function mutate(input: Uint8Array, others: readonly Uint8Array[], dice: Dice): Uint8Array {
  let bytes = input;
  for (let left = dice.pick([1, 1, 1, 2, 3, 4]); left > 0; left--) {
    const first = dice.below(2) === 0 ? structured : [];
    for (const way of [...first, dice.pick(ofBytes)]) {
      const changed = way(bytes, dice, others);
      if (changed === undefined) continue;
      bytes = changed.subarray(0, longest);
      break;
    }
  }
  return bytes;
}
