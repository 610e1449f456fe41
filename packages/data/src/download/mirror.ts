import { UserError } from '@atelier/errors';

const protocols = ['http:', 'https:', 'file:'];

/**
 * The address of a folder of files.
 * @throws UserError where the text is no http://, https:// or file:// address
 */
export function parseMirror(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (protocols.includes(url.protocol)) return url;
  }
  throw new UserError({
    what: 'This is not the address of a dataset mirror.',
    where: text,
    expected: 'an address that begins with http://, https:// or file:///',
    found: text,
    remedy: text.startsWith('/') ? `write file://${text}` : 'correct the address',
  });
}

/** The address of a file in a mirror's folder. */
export function fileIn(mirror: URL, name: string): URL {
  const url = new URL(mirror);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${name}`;
  return url;
}

/** An address fit to be shown: without user, password and query, which may hold secrets. */
export function shown(address: URL): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}
