import { withoutSecrets } from '@atelier/addresses/without-secrets';
import { UserError } from '@atelier/errors';
import { lineProblem } from '@atelier/text';
import { z } from 'zod';

const schemes = 'an address that begins with http://, https:// or file:///';

const mostCharacters = 2000;

/**
 * What keeps a text from being the address of a folder of files, and how to write it instead;
 * undefined where nothing does. Parsing a URL drops or rewrites some of the following without a
 * word, so that another folder would be looked at: those are refused. User, password and query are,
 * because histories keep mirrors' addresses, and must keep no secret.
 */
function objection(text: string): { expected: string; remedy?: string } | undefined {
  if (text.length > mostCharacters)
    return { expected: `an address of at most ${mostCharacters} characters` };
  const [, scheme, rest = ''] = /^(https?|file):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined)
    return {
      expected: schemes,
      ...(text.startsWith('/') && { remedy: `write file://${text}` }),
    };
  if (lineProblem(text) !== undefined) return invisible;
  if (/\s$/.test(text))
    return { expected: 'an address without a space at its end', remedy: 'write %20 for a space' };
  if (rest.includes('\\'))
    return { expected: 'an address without \\', remedy: 'write / between folders, %5C for a \\' };
  if (rest.includes('?'))
    return { expected: 'an address without a query', remedy: 'write %3F for a ? in a name' };
  if (rest.includes('#'))
    return { expected: 'an address without a fragment', remedy: 'write %23 for a # in a name' };
  if (/%(?![0-9a-f]{2})/i.test(rest))
    return { expected: 'two hexadecimal digits after a %', remedy: 'write %25 for a %' };
  const wrong = scheme === 'file' ? objectionToFile(rest) : objectionToHttp(text, rest);
  return wrong ?? (controls.test(rest) ? invisible : undefined);
}

const invisible = { expected: 'an address without control and invisible characters' };
/** As an address writes C0, DEL and C1: in a path they would be what a terminal obeys. */
const controls = /%([01][0-9a-f]|7f|c2%[89][0-9a-f])/i;

function objectionToHttp(text: string, rest: string) {
  if (/^[^/]*@/.test(rest)) return { expected: 'an address without user and password' };
  if (!URL.canParse(text) || rest.startsWith('/'))
    return { expected: 'the name of a host, and perhaps a port, after //' };
  return undefined;
}

function objectionToFile(path: string) {
  if (!path.startsWith('/'))
    return {
      expected: 'an absolute path on this machine after file://, so three slashes',
      remedy: 'write file:/// and the whole path',
    };
  if (/^\/[a-z][:|](\/|$)/i.test(path))
    return {
      expected: 'a path of this system, not one of Windows',
      remedy: 'in WSL, drive C: is file:///mnt/c',
    };
  if (/%(2f|00)/i.test(path))
    return { expected: 'a path without / (%2F) and NUL (%00) in its names' };
  try {
    decodeURIComponent(path);
  } catch {
    return { expected: 'UTF-8 in what is written with %' };
  }
  return undefined;
}

/** The address of a folder that holds a dataset's files. */
export const mirrorSchema = z.string().superRefine((text, context) => {
  const found = objection(text);
  if (found === undefined) return;
  const { expected, remedy } = found;
  const message = `${expected}${remedy === undefined ? '' : ` (${remedy})`}`;
  context.addIssue({ code: 'custom', message, input: text });
});

/** Addresses of a dataset's folders; a history keeps them all. */
export const mirrorsSchema = z.array(mirrorSchema).max(64, 'expected at most 64 mirrors');

/** @throws UserError where the text is not the address of a mirror */
export function parseMirror(text: string): URL {
  const found = objection(text);
  if (found === undefined) return new URL(text);
  throw new UserError({
    what: 'This is not the address of a dataset mirror.',
    where: withoutSecrets(text),
    found: withoutSecrets(text),
    expected: found.expected,
    remedy: found.remedy ?? 'correct the address',
  });
}

/** The address of a file in a mirror's folder. */
export function fileIn(mirror: URL, name: string): URL {
  const url = new URL(mirror);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${name}`;
  return url;
}
