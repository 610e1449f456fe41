import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { fileURLToPath } from 'node:url';
import { agentFor, type HttpProxy, type Proxies, proxyFor } from '@atelier/addresses';
import { connectionFailure, MirrorFailure, wrongBytes } from './mirror-failure.ts';

/** A file's bytes from `start` on. */
export interface Source {
  /** At most the offset asked for: a server may not know ranges and begin again. */
  start: number;
  body: AsyncIterable<Uint8Array>;
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
}

/**
 * Opens a file on a mirror.
 * @throws MirrorFailure; UserError for a proxy that cannot be used; the signal's reason
 */
export function openSource(request: Request): Promise<Source> {
  return request.url.protocol === 'file:' ? openFile(request) : openHttp(request);
}

async function openFile({ url, offset, bytes, signal }: Request): Promise<Source> {
  try {
    const path = fileURLToPath(url);
    const { size } = await stat(path);
    if (bytes !== undefined && size !== bytes) throw wrongBytes(`${bytes} bytes`, `${size} bytes`);
    return { start: offset, body: createReadStream(path, { start: offset, signal }) };
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
  for (let hop = 0; hop <= maximumRedirects; hop++) {
    const proxy = proxyFor(url, request.proxies);
    const response = await get(url, proxy, request);
    const { location } = response.headers;
    if (redirects.includes(response.statusCode as number) && location !== undefined) {
      response.destroy();
      url = redirected(url, location);
      continue;
    }
    try {
      return { ...accept(response, request), proxy };
    } catch (error) {
      response.destroy();
      const isMirrorsOwn = (error as MirrorFailure).wrong || absent.includes(response.statusCode!);
      if (proxy === undefined || isMirrorsOwn) throw error;
      throw connectionFailure(error, { proxy });
    }
  }
  throw new MirrorFailure(`more than ${maximumRedirects} redirects`, { permanent: true });
}

async function get(
  url: URL,
  proxy: HttpProxy | undefined,
  { offset, signal }: Request,
): Promise<IncomingMessage> {
  const agent = agentFor(url, proxy);
  const headers: http.OutgoingHttpHeaders = {
    'user-agent': 'atelier',
    accept: '*/*',
    'accept-encoding': 'identity',
  };
  if (offset > 0) headers.range = `bytes=${offset}-`;
  const call = (url.protocol === 'https:' ? https : http).get(url, { agent, headers, signal });
  call.once('close', () => agent.destroy());
  try {
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    // An error after the response shows on its body.
    call.on('error', () => {});
    return response;
  } catch (error) {
    signal.throwIfAborted();
    throw connectionFailure(error, { proxy });
  }
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol === 'http:' || to?.protocol === 'https:') return to;
  throw new MirrorFailure(`${shown(from)} redirects to ${to ? shown(to) : location}`, {
    permanent: true,
  });
}

/** Without user, password and query: those of a redirect may hold secrets. */
function shown(address: URL): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}

function accept(response: IncomingMessage, { offset, bytes }: Request): Source {
  const { statusCode = 0, headers } = response;
  const compare = (found: string | undefined): void => {
    if (bytes === undefined || found === undefined || found === '*') return;
    if (Number(found) !== bytes) throw wrongBytes(`${bytes} bytes`, `${found} bytes`);
  };
  if (statusCode === 200) {
    compare(headers['content-length']);
    return { start: 0, body: response };
  }
  const [, first, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  compare(total);
  if (statusCode === 206 && first !== undefined && Number(first) <= offset)
    return { start: Number(first), body: response };
  // Beyond the end: what is there is the whole file, or not a part of it; its digest will tell.
  if (statusCode === 416 && bytes === undefined && total !== undefined) {
    response.resume();
    return { start: offset, body: (async function* () {})() };
  }
  throw new MirrorFailure(`HTTP status ${statusCode} ${response.statusMessage ?? ''}`.trim(), {
    permanent: statusCode < 500 && !transient.includes(statusCode),
  });
}
