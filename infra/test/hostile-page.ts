import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { quietBrowser } from '../src/test-browser.ts';

/** What a page sends, and what of the answer it may see. */
export interface Attempt {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
}

export interface Seen extends Attempt {
  /** Of an answer that the page may read. */
  status?: number;
  answer?: string;
  /** Why there is none. */
  failure?: string;
}

const HOST = 'evil.example';

/**
 * A browser that takes `evil.example` for this machine, as a name server of an attacker's would have
 * it. Chromium's own protection of local addresses is off: other browsers have none.
 */
export async function hostileBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      ...quietBrowser,
      `--host-resolver-rules=MAP ${HOST} 127.0.0.1`,
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    ],
  });
}

/** The attacker's own server, whose one page holds `body`. */
export async function attackersServer(body: string): Promise<{ origin: string; server: Server }> {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/html' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://${HOST}:${(server.address() as AddressInfo).port}`, server };
}

/**
 * A page whose origin is a port of this machine under the attacker's name: it was loaded from there
 * while the name still meant the attacker's machine.
 */
export async function reboundPage(browser: Browser, port: number): Promise<Page> {
  const page = await browser.newPage();
  const origin = `http://${HOST}:${port}`;
  await page.route(origin, (route) => route.fulfill({ body: '', contentType: 'text/html' }));
  await page.goto(origin);
  await page.unrouteAll();
  return page;
}

/** Sends as a page does that asks for nothing special, and reads what it may. */
const simple = `async (base, attempts) => Promise.all(attempts.map(async (attempt) => {
  const { method, path, body } = attempt;
  const signal = AbortSignal.timeout(10_000);
  const headers = body === undefined ? {} : { 'content-type': 'text/plain' };
  const ask = { method, body, headers, signal, credentials: 'include' };
  try {
    // Once more so that it is sent although it may not be read.
    if (base) await fetch(base + path, { ...ask, mode: 'no-cors' }).catch(() => {});
    const got = await fetch(base + path, ask);
    return { ...attempt, status: got.status, answer: await got.text() };
  } catch (error) {
    return { ...attempt, failure: String(error) };
  }
}))`;

/** @param base another origin than the page's own; '' for its own */
export const attempt = (page: Page, base: string, attempts: Attempt[]): Promise<Seen[]> =>
  page.evaluate(`(${simple})(${JSON.stringify(base)}, ${JSON.stringify(attempts)})`);

/** The same as the page of the origin, with the token that Temporal's UI gives its pages. */
const asOwnPage = `async (attempts) => {
  await fetch('/').catch(() => {});
  const token = /_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? '';
  return Promise.all(attempts.map(async (attempt) => {
    const { method, path, body } = attempt;
    const headers = { 'content-type': 'application/json', 'x-csrf-token': token };
    const signal = AbortSignal.timeout(10_000);
    try {
      const got = await fetch(path, { method, body, headers, signal });
      return { ...attempt, status: got.status, answer: await got.text() };
    } catch (error) {
      return { ...attempt, failure: String(error) };
    }
  }));
}`;

export const attemptAsOwnPage = (page: Page, attempts: Attempt[]): Promise<Seen[]> =>
  page.evaluate(`(${asOwnPage})(${JSON.stringify(attempts)})`);

/** A socket that a process listens on. */
export interface Listener {
  /** As it stands in an address of a page. */
  host: string;
  port: number;
}

/** All that these processes listen on, by what the kernel says. */
export async function listenersOf(pids: readonly number[]): Promise<Listener[]> {
  const owned = new Set<string>();
  for (const pid of pids) {
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode) owned.add(inode);
    }
  }
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  );
  const lines = tables.flatMap((table) => table.trim().split('\n').slice(1));
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [hex = '', port = ''] = local.split(':');
    if (state !== '0A' || !owned.has(inode)) return [];
    return [{ host: hostOf(hex), port: Number.parseInt(port, 16) }];
  });
}

/** Addresses stand there as 32-bit numbers of the machine's own byte order. */
function hostOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [...Buffer.from(word, 'hex')].reverse(),
  );
  if (bytes.length === 4) return bytes.join('.');
  return new URL(
    `http://[${Buffer.from(bytes)
      .toString('hex')
      .replace(/.{4}(?=.)/g, '$&:')}]`,
  ).hostname;
}
