import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path/posix';
import { sha256 } from '@atelier/artifacts';
import { renderRunsPage } from '@atelier/report';
import { runIdForm } from '../names.ts';
import { runRecordSchema } from '../record/run-record-schema.ts';
import { runFileName, type Store } from '../run-store.ts';
import { runEntries } from './run-entries.ts';

export interface PageServer {
  /** Of the page of runs; runs' files lie beside it. */
  address: string;
  close(): void;
}

/** What a browser may show of a run; anything else it is given to save. */
const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.md': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Serves the page of runs and the files of finished runs to a browser on this machine, for whoever
 * has the address, which cannot be guessed. A file is handed out if it is what the run's record
 * says, by its digest.
 */
export async function servePages(store: Store): Promise<PageServer> {
  const secret = `/${randomBytes(24).toString('base64url')}/`;
  let host = '';
  const server = createServer((asked, answer) => {
    void respond(asked)
      .catch((error: Error) => ({ status: 502, type: 'text/plain', body: `${error.message}\n` }))
      .then(({ status, type, body }) =>
        send(answer, status, type, asked.method === 'HEAD' ? '' : body),
      );
  });

  async function respond({ method, url = '', headers }: IncomingMessage) {
    const refused = (status: number, body: string) => ({
      status,
      type: 'text/plain',
      body: `${body}\n`,
    });
    // By a name that was made to mean this machine, a page of elsewhere could ask.
    if (headers.host !== host) return refused(403, 'This is not an address of these pages.');
    if (method !== 'GET' && method !== 'HEAD') return refused(405, 'These pages are only read.');
    if (!url.startsWith(secret)) return refused(404, 'There is no such page.');
    const path = decodeURIComponent(url.slice(secret.length).replace(/[?#].*$/, ''));
    if (path === '' || path === 'index.html') {
      const body = await renderRunsPage(await runEntries(store), new Date().toISOString());
      return { status: 200, type: contentTypes['.html']!, body };
    }
    const content = await runFile(store, path);
    if (content === undefined)
      return refused(404, 'There is no such file, or not the one that the run wrote.');
    return {
      status: 200,
      type: contentTypes[extname(path)] ?? 'application/octet-stream',
      body: content,
    };
  }

  await once(server.listen(0, '127.0.0.1'), 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address: `http://${host}${secret}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A file that a run's record names, whole. */
async function runFile(store: Store, path: string): Promise<Buffer | undefined> {
  const slash = path.indexOf('/');
  const [run, name] = [path.slice(0, slash), path.slice(slash + 1)];
  if (slash < 0 || !runIdForm.test(run) || !runFileName.safeParse(name).success) return undefined;
  const record = (await store.readRunDocument(run, 'run.json', runRecordSchema))?.value;
  const ref = record && Object.hasOwn(record.files, name) ? record.files[name] : undefined;
  const content = ref && (await store.getRunFile(run, name));
  return content && sha256(content) === ref.sha256 ? content : undefined;
}

function send(answer: ServerResponse, status: number, type: string, body: string | Buffer): void {
  answer.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'DENY',
  });
  answer.end(body);
}
