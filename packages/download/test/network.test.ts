import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readProxies } from '@atelier/addresses';
import { describeFailure, type Failure } from '@atelier/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { downloadFile } from '../src/index.ts';
import { type MirrorServer, startMirror } from '../src/mirror-server.ts';
import { type ProxyServer, startProxy } from './proxy-server.ts';
import * as certificates from './test-certificates.ts';

const content = Buffer.from('what a mirror has');
const sha256 = createHash('sha256').update(content).digest('hex');
const program = fileURLToPath(new URL('download-child.ts', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'network-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Network {
  /** Variables that name proxies. */
  proxies?: Record<string, string>;
  /** The certificate of an authority to trust. */
  trusted?: string;
}

/** @returns the failure, or null */
async function download(
  mirrors: string[],
  { proxies = {}, trusted }: Network = {},
  patience = { stallMs: 10_000, rounds: 3, pauseMs: 20 },
): Promise<(Failure & { name: string }) | null> {
  const path = join(folder, 'a.gz');
  const request = {
    ...{ path, sha256, bytes: content.length },
    patience,
    remedies: {
      wrong: { remedy: 'mend it' },
      missing: { remedy: 'bring it' },
      unreachable: { remedy: 'connect the network' },
    },
    proxies: readProxies(proxies),
  };
  const failure =
    trusted === undefined
      ? await downloadFile({ ...request, mirrors: mirrors.map((mirror) => new URL(mirror)) }).then(
          () => null,
          ({ name, failure }) => ({ name, ...failure }),
        )
      : await downloadTrusting(trusted, { ...request, mirrors });
  if (failure === null) expect(await readFile(path)).toEqual(content);
  return failure;
}

/** In a process of its own, because Node reads NODE_EXTRA_CA_CERTS at its start. */
async function downloadTrusting(authority: string, request: object) {
  const file = join(folder, 'authority.pem');
  await writeFile(file, authority);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', program, JSON.stringify(request)],
    { env: { NODE_EXTRA_CA_CERTS: file } },
  );
  return JSON.parse(stdout);
}

/** A real HTTPS server with a certificate, which counts the connections that it is asked for. */
async function startSecure(cert: string): Promise<{ server: Server; url: string; tries: number }> {
  const server = createServer({ key: certificates.key, cert }, (_, response) => {
    response.end(content);
  });
  const started = { server, url: '', tries: 0 };
  server.on('connection', () => started.tries++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/a.gz`;
  return started;
}

describe('certificates', () => {
  test('an unknown issuer is named with what to do, and not tried again', async () => {
    const mirror = await startSecure(certificates.good);
    try {
      const failure = await download([mirror.url]);
      expect(failure).toMatchObject({
        name: 'UserError',
        what: 'No mirror could give a.gz.',
        where: expect.stringMatching(/127\.0\.0\.1.*an issuer that is unknown here.*certificate/),
        remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
      });
      expect(mirror.tries).toBe(1);
      expect(await download([mirror.url], { trusted: certificates.authority })).toBeNull();
    } finally {
      mirror.server.close();
    }
  });

  test.each([
    ['an expired certificate', certificates.expired, /not valid at this time.*expired/, /clock/],
    ['one for another host', certificates.otherHost, /for another host.*127\.0\.0\.1/, /name/],
  ])('%s is named and not tried again', async (_, certificate, where, remedy) => {
    const mirror = await startSecure(certificate);
    try {
      const failure = await download([mirror.url], { trusted: certificates.authority });
      expect(failure?.name).toBe('UserError');
      expect(failure?.where).toMatch(where);
      expect(failure?.remedy).toMatch(remedy);
      expect(failure?.remedy).not.toContain('NODE_EXTRA_CA_CERTS');
      expect(mirror.tries).toBe(1);
    } finally {
      mirror.server.close();
    }
  });

  test('https:// where no TLS is spoken says so', async () => {
    const mirror = await startMirror({ 'a.gz': content });
    try {
      const failure = await download([`${mirror.url.replace('http:', 'https:')}/a.gz`]);
      expect(failure).toMatchObject({
        name: 'UserError',
        remedy: expect.stringContaining('http://'),
      });
    } finally {
      await mirror.stop();
    }
  });
});

describe('proxies', () => {
  let mirror: MirrorServer;
  let proxy: ProxyServer;
  beforeEach(async () => {
    mirror = await startMirror({ 'a.gz': content });
    proxy = await startProxy(mirror.url);
  });
  afterEach(() => Promise.all([mirror.stop(), proxy.stop()]));

  test.each(['http_proxy', 'HTTP_PROXY'])('%s leads to an http:// mirror', async (name) => {
    expect(
      await download(['http://mirror.example/x/a.gz'], { proxies: { [name]: proxy.url } }),
    ).toBe(null);
    expect(proxy.seen).toEqual(['GET http://mirror.example/x/a.gz']);
  });

  test.each(['https_proxy', 'HTTPS_PROXY'])('%s leads to an https:// mirror', async (name) => {
    const secure = await startSecure(certificates.otherHost);
    const tunnel = await startProxy(secure.url);
    try {
      const failure = await download(['https://other.example/a.gz'], {
        proxies: { [name]: tunnel.url },
        trusted: certificates.authority,
      });
      expect(failure).toBeNull();
      expect(tunnel.seen).toEqual(['CONNECT other.example:443']);
    } finally {
      secure.server.close();
      await tunnel.stop();
    }
  });

  test.each(['no_proxy', 'NO_PROXY'])('hosts of %s are reached without it', async (name) => {
    const failure = await download(['http://mirror.invalid/a.gz'], {
      proxies: { http_proxy: proxy.url, [name]: '.invalid' },
    });
    expect(failure?.where).toMatch(/mirror\.invalid/);
    expect(failure?.where).not.toContain('proxy');
    expect(proxy.seen).toEqual([]);
  });

  test('this machine is never reached through one', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      await rm(join(folder, 'a.gz'), { force: true });
      const url = `${mirror.url.replace('127.0.0.1', host)}/a.gz`;
      expect(await download([url], { proxies: { http_proxy: proxy.url } })).toBeNull();
    }
    expect(proxy.seen).toEqual([]);
  });

  test('a proxy that cannot be reached is named, without its password', async () => {
    const failure = await download(['http://mirror.example/a.gz'], {
      proxies: { http_proxy: 'http://me:hush@127.0.0.1:2' },
    });
    expect(failure).toMatchObject({
      name: 'WorldError',
      where: expect.stringMatching(
        /mirror\.example.*ECONNREFUSED.*through the proxy http:\/\/…@127\.0\.0\.1:2 \(http_proxy\)/,
      ),
      remedy: expect.stringMatching(/http_proxy, NO_PROXY/),
    });
    expect(JSON.stringify(failure)).not.toContain('hush');
  });

  test.each([
    ['http', 407, 'UserError', 1],
    ['https', 407, 'UserError', 1],
    ['http', 403, 'UserError', 1],
    ['https', 502, 'WorldError', 3],
  ])('a proxy that refuses %s with %i is named: %s', async (scheme, status, name, tries) => {
    const refusing = await startProxy(mirror.url, status);
    try {
      const failure = await download([`${scheme}://mirror.example/a.gz`], {
        proxies: { ALL_PROXY: refusing.url },
      });
      expect(failure?.name).toBe(name);
      expect(failure?.where).toMatch(
        new RegExp(`HTTP status ${status}.*through the proxy ${refusing.url} \\(ALL_PROXY\\)`),
      );
      expect(refusing.seen).toHaveLength(tries);
    } finally {
      await refusing.stop();
    }
  });

  test('a file that the mirror lacks is not laid to the proxy', async () => {
    const failure = await download(['http://mirror.example/b.gz'], {
      proxies: { http_proxy: proxy.url },
    });
    expect(failure).toMatchObject({ what: 'No mirror has a.gz.', remedy: 'bring it' });
    expect(failure?.where).not.toContain('proxy');
    expect(proxy.seen).toEqual(['GET http://mirror.example/b.gz']);
  });

  test('a proxy of another kind is refused by name', async () => {
    const failure = await download(['http://mirror.example/a.gz'], {
      proxies: { all_proxy: 'socks5://127.0.0.1:1080' },
    });
    expect(failure).toMatchObject({ name: 'UserError', where: 'all_proxy' });
  });
});

test('what a server says is shown, not obeyed', async () => {
  // Node's own server would not send this, but its client takes it.
  const reason = '\x1b[2J\x1b]0;mine\x07\x9b31mGone';
  const server = createSocketServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.end(`HTTP/1.1 404 ${reason}\r\ncontent-length: 0\r\n\r\n`, 'latin1'),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const failure = (await download([`http://127.0.0.1:${port}`]))!;
    expect(failure.where).toContain('\x1b');
    expect(describeFailure(failure)).toContain('\\u001b[2J\\u001b]0;mine\\u0007\\u009b31mGone');
  } finally {
    server.close();
  }
});

describe('hostile answers', () => {
  let mirror: MirrorServer;
  let proxy: ProxyServer;
  beforeEach(async () => {
    mirror = await startMirror({ 'a.gz': content });
    proxy = await startProxy(mirror.url);
  });
  afterEach(() => Promise.all([mirror.stop(), proxy.stop()]));

  test.each([
    ['this machine', (port: string) => `http://127.0.0.1:${port}/a.gz`],
    ['this machine by its name', (port: string) => `http://localhost:${port}/a.gz`],
    ['any address', (port: string) => `http://0.0.0.0:${port}/a.gz`],
    ['IPv4 as IPv6', (port: string) => `http://[::ffff:127.0.0.1]:${port}/a.gz`],
    ['a service of the cloud', () => 'http://169.254.169.254/latest/meta-data'],
  ])('a redirect from elsewhere to %s is not followed', async (_, to) => {
    mirror.behave('a.gz', { redirect: to(new URL(mirror.url).port) });
    const failure = await download(['http://mirror.example/a.gz'], {
      proxies: { http_proxy: proxy.url },
    });
    expect(failure?.name).toBe('UserError');
    expect(failure?.where).toMatch(/redirects to .*which is (this machine itself|reached from)/);
    // The mirror itself, through the proxy, and nothing else.
    expect(mirror.seen).toHaveLength(1);
  });

  test('a redirect takes no password along and shows no secret', async () => {
    const { port } = new URL(mirror.url);
    mirror.behave('a.gz', { redirect: `http://me:hush@127.0.0.1:${port}/b.gz` });
    const named = await download([`${mirror.url}/a.gz`]);
    expect(named?.where).toContain(`redirects to 127.0.0.1:${port} with a user or password`);
    mirror.behave('a.gz', { redirect: 'ftp://me:hush@host/?token=hush' });
    const other = await download([`${mirror.url}/a.gz`]);
    expect(other?.where).toContain('redirects to ftp://…');
    for (const failure of [named, other]) {
      expect(failure?.name).toBe('UserError');
      expect(JSON.stringify(failure)).not.toContain('hush');
    }
    expect(mirror.seen).toHaveLength(2);
  });

  /** A server that writes these bytes at every request, and again and again where they never end. */
  async function withAnswer<T>(
    answer: string,
    forEver: boolean,
    body: (url: string, tries: () => number) => Promise<T>,
  ): Promise<T> {
    let connections = 0;
    const server = createSocketServer((socket) => {
      connections += 1;
      socket.on('error', () => {});
      const write = (): void => {
        if (socket.writable) socket.write(answer, forEver ? () => setTimeout(write, 5) : undefined);
      };
      socket.once('data', write);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return body(`http://127.0.0.1:${port}/a.gz`, () => connections).finally(() => server.close());
  }

  test.each(['Upgrade: websocket\r\nConnection: Upgrade\r\n', ''])(
    'a change of protocol (%j) is refused once',
    async (headers) => {
      const answer = `HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`;
      await withAnswer(answer, false, async (url, tries) => {
        const failure = await download([url], {}, { stallMs: 300, rounds: 2, pauseMs: 10 });
        expect(failure?.where).toMatch(/another protocol|status 101|less than 1 kB/);
        expect(tries()).toBeLessThanOrEqual(2);
      });
    },
  );

  test('announcements before an answer do no harm, and without one they are given up', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </>; rel=preload\r\n\r\n';
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`;
    await withAnswer(early.repeat(3) + answer, false, async (url) => {
      expect(await download([url])).toBeNull();
    });
    await rm(join(folder, 'a.gz'));
    await withAnswer(early, true, async (url, tries) => {
      const failure = await download([url], {}, { stallMs: 300, rounds: 2, pauseMs: 10 });
      expect(failure).toMatchObject({ name: 'WorldError' });
      expect(failure?.where).toContain('less than 1 kB/s');
      expect(tries()).toBe(2);
    });
  });
});
