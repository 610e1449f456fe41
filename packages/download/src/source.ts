import { lookup } from 'node:dns';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  type AddressKind,
  addressKind,
  agentFor,
  type HttpProxy,
  type Proxies,
  proxyFor,
  withoutSecrets,
} from '@atelier/addresses';
import { connectionFailure, MirrorFailure, wrongBytes } from './mirror-failure.ts';

/** By which a server tells one version of a file from another. */
export interface Validators {
  etag?: string | undefined;
  /** Its `Last-Modified`. */
  modified?: string | undefined;
}

/** A file's bytes from `start` on. */
export interface Source {
  /** At most the offset asked for: a server may not know ranges and begin again. */
  start: number;
  body: AsyncIterable<Uint8Array>;
  /** What the server says of this version; only what tells one from another for certain. */
  validators: Validators;
  /** What the connection leads through. */
  proxy?: HttpProxy | undefined;
}

/** What is asked of a mirror. */
export interface Request {
  url: URL;
  /** The first byte wanted. */
  offset: number;
  /** The size that the whole file must have, where it is known. */
  bytes: number | undefined;
  proxies: Proxies;
  signal: AbortSignal;
  /** Nothing is wanted if the file is still this version. */
  unless?: Validators;
}

/** The file is still the version that the request named. */
export class Unchanged extends Error {}

/**
 * Opens a file on a mirror.
 * @throws MirrorFailure; UserError for a proxy that cannot be used; the signal's reason; Unchanged
 */
export function openSource(request: Request): Promise<Source> {
  return request.url.protocol === 'file:' ? openFile(request) : openHttp(request);
}

async function openFile({ url, offset, bytes, signal }: Request): Promise<Source> {
  try {
    const path = fileURLToPath(url);
    const found = await stat(path);
    if (!found.isFile())
      throw new MirrorFailure(found.isDirectory() ? 'it is a folder' : 'it is no plain file', {
        permanent: true,
      });
    const { size } = found;
    if (bytes !== undefined && size !== bytes) throw wrongBytes(`${bytes} bytes`, `${size} bytes`);
    const body = createReadStream(path, { start: offset, signal });
    return { start: offset, body, validators: {} };
  } catch (error) {
    if (error instanceof MirrorFailure) throw error;
    throw new MirrorFailure((error as Error).message, { permanent: true, cause: error });
  }
}

const redirects = [301, 302, 303, 307, 308];
const maximumRedirects = 5;
/** Statuses after which the same request may succeed later; so may every 5xx. */
const transient = [408, 425, 429];
/** Statuses that no proxy gives of itself. */
const absent = [404, 410];

/** Not by fetch(), which undoes a Content-Encoding: some servers declare one for gzip files. */
async function openHttp(request: Request): Promise<Source> {
  let { url } = request;
  /** Where the mirror itself is: only from there may it lead to such a place. */
  let own = addressKind(url.hostname);
  for (let hop = 0; hop <= maximumRedirects; hop++) {
    const proxy = proxyFor(url, request.proxies);
    const response = await get(url, request, proxy, hop === 0 ? undefined : lookupBeyond(own));
    if (hop === 0 && proxy === undefined) own = addressKind(response.socket.remoteAddress ?? '');
    const { location } = response.headers;
    if (redirects.includes(response.statusCode as number) && location !== undefined) {
      response.destroy();
      url = redirected(url, location, own);
      continue;
    }
    try {
      return { ...accept(response, request), proxy };
    } catch (error) {
      response.destroy();
      if (error instanceof Unchanged) throw error;
      const isMirrorsOwn = (error as MirrorFailure).wrong || absent.includes(response.statusCode!);
      if (proxy === undefined || isMirrorsOwn) throw error;
      throw connectionFailure(error, { proxy });
    }
  }
  throw new MirrorFailure(`more than ${maximumRedirects} redirects`, { permanent: true });
}

async function get(
  url: URL,
  { offset, signal, unless = {} }: Request,
  proxy?: HttpProxy,
  names?: LookupFunction,
): Promise<IncomingMessage> {
  const agent = agentFor(url, proxy);
  const headers: http.OutgoingHttpHeaders = {
    'user-agent': 'atelier',
    accept: '*/*',
    'accept-encoding': 'identity',
  };
  if (offset > 0) headers.range = `bytes=${offset}-`;
  if (unless.etag !== undefined) headers['if-none-match'] = unless.etag;
  if (unless.modified !== undefined) headers['if-modified-since'] = unless.modified;
  const call = (url.protocol === 'https:' ? https : http).get(url, {
    ...{ agent, headers, signal },
    // A proxy looks names up by itself.
    ...(proxy === undefined && names && { lookup: names }),
  });
  call.once('close', () => agent.destroy());
  try {
    return await new Promise((resolve, reject) => {
      call.once('response', resolve);
      // An error after the response shows on its body.
      call.on('error', reject);
      call.once('upgrade', (_, socket) => {
        socket.destroy();
        reject(new MirrorFailure('it changes to another protocol', { permanent: true }));
      });
    });
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailure(error, { proxy });
  }
}

/**
 * A redirect may not lead to this machine or to its neighbours on the wire, whose services trust
 * whoever reaches them, unless the mirror is there itself.
 */
function redirected(from: URL, location: string, own: AddressKind | undefined): URL {
  const refuse = (where: string): MirrorFailure =>
    new MirrorFailure(`${withoutSecrets(from.href)} redirects to ${where}`, { permanent: true });
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol !== 'http:' && to?.protocol !== 'https:')
    throw refuse(withoutSecrets(to?.href ?? location));
  // Node would send them there.
  if (to.username || to.password) throw refuse(`${to.host} with a user or password`);
  const kind = addressKind(to.hostname);
  if (kind !== undefined && kind !== own) throw refuse(`${to.host}, ${descriptions[kind]}`);
  return to;
}

const descriptions: Record<AddressKind, string> = {
  loopback: 'which is this machine itself',
  'link-local': 'which is reached from this network alone',
};

/** Finds the addresses of names, but for those that a redirect may not lead to. */
export const lookupBeyond =
  (own: AddressKind | undefined): LookupFunction =>
  (host, options, callback) =>
    lookup(host, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const kind = addresses.map(addressKind).find((one) => one !== undefined && one !== own);
      if (error || kind === undefined) return callback(error, found, family);
      const refusal = `it redirects to ${host}, ${descriptions[kind]}`;
      callback(new MirrorFailure(refusal, { permanent: true }), found, family);
    });

function accept(response: IncomingMessage, { offset, bytes, unless = {} }: Request): Source {
  const { statusCode = 0, headers } = response;
  const validators = validatorsOf(headers);
  const isAsked = unless.etag !== undefined || unless.modified !== undefined;
  if (isAsked && statusCode === 304) throw new Unchanged();
  const compare = (found: string | undefined): void => {
    if (bytes === undefined || found === undefined || found === '*') return;
    if (Number(found) !== bytes) throw wrongBytes(`${bytes} bytes`, `${found} bytes`);
  };
  if (statusCode === 200) {
    // A server may not know conditions, and yet name its versions.
    if (unless.etag !== undefined && validators.etag === unless.etag) throw new Unchanged();
    compare(headers['content-length']);
    return { start: 0, body: response, validators };
  }
  const [, first, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  compare(total);
  if (statusCode === 206 && first !== undefined && Number(first) <= offset)
    return { start: Number(first), body: response, validators };
  // Beyond the end: what is there is the whole file, or not a part of it; its digest will tell.
  if (statusCode === 416 && bytes === undefined && total !== undefined) {
    response.resume();
    return { start: offset, body: (async function* () {})(), validators };
  }
  throw new MirrorFailure(`HTTP status ${statusCode} ${response.statusMessage ?? ''}`.trim(), {
    permanent: statusCode < 500 && !transient.includes(statusCode),
    absent: absent.includes(statusCode),
  });
}

/** Milliseconds. A file may be written twice within the second that `Last-Modified` names. */
const settled = 60_000;

/**
 * What of an answer identifies a version: an ETag that is no weak one, which may stand for several
 * bodies, or a time that was long over when the answer was given (RFC 9110, 8.8.1 and 8.8.2.2).
 */
function validatorsOf(headers: http.IncomingHttpHeaders): Validators {
  const { etag, 'last-modified': modified, date } = headers;
  if (etag !== undefined && /^"[!#-~\x80-\xff]{0,200}"$/.test(etag)) return { etag };
  const age = Date.parse(date ?? '') - Date.parse(modified ?? '');
  return age >= settled ? { modified } : {};
}
