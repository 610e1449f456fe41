import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { shown } from './mirror.ts';
import { MirrorFailure, wrongBytes } from './mirror-failure.ts';
import type { Source } from './source.ts';

const redirects = [301, 302, 303, 307, 308];
const maximumRedirects = 5;
/** Statuses after which the same request may succeed later; so may every 5xx. */
const transient = [408, 425, 429];

/**
 * Opens a file of an http:// or https:// mirror; see `openSource`. Not by fetch(), which undoes a
 * Content-Encoding: some servers declare one for files that are gzip by themselves.
 */
export async function openHttp(
  url: URL,
  offset: number,
  bytes: number,
  signal: AbortSignal,
): Promise<Source> {
  const response = await request(url, offset, signal);
  try {
    return accept(response, offset, bytes);
  } catch (error) {
    response.destroy();
    throw error;
  }
}

async function request(url: URL, offset: number, signal: AbortSignal): Promise<IncomingMessage> {
  let address = url;
  for (let hop = 0; hop <= maximumRedirects; hop++) {
    const response = await get(address, offset, signal);
    const { location } = response.headers;
    if (!redirects.includes(response.statusCode as number) || location === undefined)
      return response;
    response.destroy();
    address = redirected(address, location);
  }
  throw new MirrorFailure(`more than ${maximumRedirects} redirects`, { permanent: true });
}

async function get(url: URL, offset: number, signal: AbortSignal): Promise<IncomingMessage> {
  const headers: http.OutgoingHttpHeaders = {
    'user-agent': 'atelier',
    accept: '*/*',
    'accept-encoding': 'identity',
  };
  if (offset > 0) headers.range = `bytes=${offset}-`;
  const call = (url.protocol === 'https:' ? https : http).get(url, {
    agent: false,
    headers,
    signal,
  });
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  // An error after the response shows on its body.
  call.on('error', () => {});
  return response;
}

function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol === 'http:' || to?.protocol === 'https:') return to;
  throw new MirrorFailure(`${shown(from)} redirects to ${location}`, { permanent: true });
}

function accept(response: IncomingMessage, offset: number, bytes: number): Source {
  const { statusCode = 0, headers } = response;
  if (statusCode === 200) {
    const length = headers['content-length'];
    if (length !== undefined && Number(length) !== bytes)
      throw wrongBytes(`${bytes} bytes`, `${length} bytes`);
    return { start: 0, body: response };
  }
  const [, first, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? [];
  if (total !== undefined && total !== '*' && Number(total) !== bytes)
    throw wrongBytes(`${bytes} bytes`, `${total} bytes`);
  if (statusCode === 206 && first !== undefined && Number(first) <= offset)
    return { start: Number(first), body: response };
  throw new MirrorFailure(`HTTP status ${statusCode} ${response.statusMessage ?? ''}`.trim(), {
    permanent: statusCode < 500 && !transient.includes(statusCode),
  });
}
