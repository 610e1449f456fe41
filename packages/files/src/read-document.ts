import { readFile } from 'node:fs/promises';
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
 * The text of a file that a person wrote, without the byte order mark that some editors put first.
 * @throws UserError where there is no such file, or where it is no UTF-8; WorldError where the disk
 * fails
 */
export async function readDocument(path: string, kind: DocumentKind): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const explained = explainFileError(error, path);
    const found = absences[error.code ?? ''];
    if (explained !== error && found === undefined) throw explained;
    throw refusal(path, kind, found ?? error.message);
  });
  const encoding = otherEncodings.find(({ mark }) => mark.every((byte, i) => bytes[i] === byte));
  const recode = `save the file as UTF-8, such as by \`iconv -f ${encoding?.name ?? 'LATIN1'} -t UTF-8\``;
  if (encoding) throw refusal(path, { ...kind, remedy: recode }, encoding.name);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal(path, { ...kind, remedy: recode }, 'bytes that are no UTF-8');
  }
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
