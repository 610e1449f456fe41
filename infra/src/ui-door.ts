import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';

/** Temporal's own server of its UI. */
interface BareUi {
  host: string;
  port: number;
}

/** The names of the loopback interface that no name server decides about. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?$/;

/** For one connection, not for what is said over it (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * The door in front of Temporal's own UI, which answers any page that finds its port. It lets in
 * what the UI's own pages and people ask. A browser tells what a page asks by headers that no page
 * can set (https://fetch.spec.whatwg.org/#forbidden-request-header).
 */
export function createDoor(ui: BareUi): Server {
  const agent = new Agent({ keepAlive: true });
  return createServer((asked, answer) => {
    const refused = refusal(asked);
    if (refused === undefined) return passOn(asked, answer, { ...ui, agent });
    asked.resume();
    answer.writeHead(403, { 'content-type': 'text/plain' }).end(`${refused}\n`);
  });
}

/** Why a request is not passed on; undefined where it is. */
export function refusal({
  method = '',
  url = '',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): string | undefined {
  const { host = '', origin } = headers;
  // By a name of its own that is made to mean this machine, a page passes for the UI's origin.
  if (!LOOPBACK.test(host) || !url.startsWith('/')) return 'This is not an address of the UI.';
  if (origin !== undefined && origin !== `http://${host}`)
    return 'Pages of other origins may not ask here.';
  const reads = method === 'GET' || method === 'HEAD';
  if (!reads && origin === undefined) return 'Only pages of the UI may ask for a change.';
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': place } = headers;
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  // A link to the UI opens it, in a window of its own.
  if (reads && mode === 'navigate' && place === 'document') return undefined;
  return 'Other pages may link here, and nothing else.';
}

function passOn(asked: IncomingMessage, answer: ServerResponse, ui: BareUi & { agent: Agent }) {
  const { method, url: path } = asked;
  const headers = withoutHops(asked.headers);
  const sent = request({ ...ui, method, path, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, withoutHops(got.headers));
    got.pipe(answer);
    got.once('error', () => answer.destroy());
  });
  sent.once('error', () => {
    if (answer.headersSent) return void answer.destroy();
    answer.writeHead(502, { 'content-type': 'text/plain' }).end('The UI does not answer yet.\n');
  });
  answer.once('close', () => sent.destroy());
  asked.pipe(sent);
}

const withoutHops = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
