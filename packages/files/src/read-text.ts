import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError } from '@atelier/errors';
import { explainFileError } from './file-failure.ts';

/** What a person was asked to name. */
export interface DocumentKind {
  /** 'dataset descriptor' */
  name: string;
  /** What such a file holds: 'a JSON file such as …' */
  expected: string;
  /** What to do where there is no such file, or a folder in its place. */
  remedy: string;
}

/**
 * Bytes of a document, of which the worst are parsed within a second. Ours have 2 kB, and 256
 * classes with long names some 30.
 */
export const mostBytes = 64 * 1024;

/**
 * The text of a file that a person wrote, without the byte order mark that some editors put first.
 * A pipe will do. Nothing beyond {@link mostBytes} is read, however long the file is.
 * @throws UserError where there is no such file, where it is too long or no UTF-8; WorldError where
 *   the disk fails
 */
export function readText(path: string, kind: DocumentKind): string {
  const bytes = readBeginning(path, kind);
  const encoding = otherEncodings.find(({ mark }) => mark.every((byte, i) => bytes[i] === byte));
  const recode = `save the file as UTF-8, such as by \`iconv -f ${encoding?.name ?? 'LATIN1'} -t UTF-8\``;
  if (encoding) throw refusal(path, { ...kind, remedy: recode }, encoding.name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal(path, { ...kind, remedy: recode }, 'bytes that are no UTF-8');
  }
}

/** All bytes of a file that is not too long. */
function readBeginning(path: string, kind: DocumentKind): Uint8Array {
  const bytes = new Uint8Array(mostBytes + 1);
  let length = 0;
  let size = 0;
  try {
    const file = openSync(path, 'r');
    try {
      size = fstatSync(file).size;
      for (let read = -1; read !== 0 && length <= mostBytes; length += read)
        read = readSync(file, bytes, length, bytes.length - length, null);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const explained = explainFileError(error, path);
    const { code = '', message } = error as NodeJS.ErrnoException;
    const found = absences[code];
    if (explained !== error && found === undefined) throw explained;
    throw refusal(path, kind, found ?? message);
  }
  if (length <= mostBytes) return bytes.subarray(0, length);
  const found = size > mostBytes ? `${size} bytes` : `more than ${mostBytes} bytes`;
  throw refusal(
    path,
    { ...kind, expected: `${kind.expected}, of at most ${mostBytes} bytes` },
    found,
  );
}

const absences: Record<string, string> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a file where its path has a folder',
  EISDIR: 'a folder',
};

/** Byte order marks; that of UTF-32 begins with that of UTF-16. */
const otherEncodings = [
  { name: 'UTF-32', mark: [0xff, 0xfe, 0, 0] },
  { name: 'UTF-32', mark: [0, 0, 0xfe, 0xff] },
  { name: 'UTF-16', mark: [0xff, 0xfe] },
  { name: 'UTF-16', mark: [0xfe, 0xff] },
];

function refusal(path: string, { name, expected, remedy }: DocumentKind, found: string): UserError {
  return new UserError({
    what: `The ${name} cannot be read.`,
    where: path,
    expected,
    found,
    remedy,
  });
}
