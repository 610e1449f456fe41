import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import {
  connect,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { toolVariables } from '@atelier/environment';
import { stackStatus, type TestStack } from '@atelier/infra';
import { until } from './until.ts';

/** Paths of a certificate and its key, in PEM form. */
export interface Certificate {
  cert: string;
  key: string;
}

/** A certificate authority of the test's own. */
export interface Authority {
  cert: string;
  /** A certificate for `localhost`, and for this purpose. */
  issue(name: string): Certificate;
}

/** @param folder where its files go */
export function certificateAuthority(folder: string, name: string): Authority {
  const paths = (of: string): Certificate => ({
    cert: join(folder, `${of}.crt`),
    key: join(folder, `${of}.key`),
  });
  const make = ({ cert, key }: Certificate, subject: string, ...more: string[]): void => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', key, '-out', cert, '-subj', `/CN=${subject}`, '-days', '2'];
    execFileSync('openssl', ['req', '-x509', ...curve, ...files, ...more], { stdio: 'pipe' });
  };
  const own = paths(name);
  make(own, name);
  return {
    cert: own.cert,
    issue(of) {
      const issued = paths(of);
      const extensions = ['subjectAltName=DNS:localhost', 'basicConstraints=critical,CA:FALSE'];
      const added = extensions.flatMap((extension) => ['-addext', extension]);
      make(issued, of, '-CA', own.cert, '-CAkey', own.key, ...added);
      return issued;
    },
  };
}

/** What a service demands of whoever comes. */
interface Demands {
  server: Certificate;
  /** Who has to have issued the certificate of a client. */
  clients: Authority;
  apiKey: string;
}

/**
 * Temporal as services offer it: TLS with certificates on both sides and an API key, in front of
 * the development server, which has none of these.
 */
export async function guardTemporal(
  address: string,
  { server, clients, apiKey }: Demands,
): Promise<{ address: string; close(): void }> {
  const onward = connect(`http://${address}`);
  const front = createSecureServer({
    cert: readFileSync(server.cert),
    key: readFileSync(server.key),
    ca: readFileSync(clients.cert),
    requestCert: true,
    rejectUnauthorized: true,
  });
  front.on('stream', (stream, headers) => {
    if (headers.authorization === `Bearer ${apiKey}`) forward(stream, headers);
    else
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', ...denied },
        { endStream: true },
      );
  });
  // Whoever is refused says so itself.
  for (const event of ['sessionError', 'tlsClientError']) front.on(event, () => {});

  function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const request = onward.request({ ...headers, ':authority': address });
    // A refusal has its status here, and no trailers.
    request.on('response', (answer) =>
      stream.respond(
        answer,
        answer['grpc-status'] ? { endStream: true } : { waitForTrailers: true },
      ),
    );
    let trailers: IncomingHttpHeaders = {};
    request.on('trailers', (sent) => {
      trailers = sent;
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    for (const end of [stream, request]) end.on('error', () => {});
    stream.pipe(request).pipe(stream);
  }

  await once(front.listen(0, '127.0.0.1'), 'listening');
  const { port } = front.address() as AddressInfo;
  return {
    address: `localhost:${port}`,
    close: () => {
      front.close();
      onward.destroy();
    },
  };
}

/** gRPC's UNAUTHENTICATED. */
const denied = { 'grpc-status': '16', 'grpc-message': 'the API key is wrong' };

/** A second MinIO beside the stack's, which speaks TLS itself. */
export async function startSecureMinio(
  stack: TestStack,
  folder: string,
  { cert, key }: Certificate,
): Promise<{ endpoint: string; accessKey: string; secretKey: string; stop(): Promise<void> }> {
  const certificates = join(folder, 'certs');
  mkdirSync(certificates, { recursive: true });
  copyFileSync(cert, join(certificates, 'public.crt'));
  copyFileSync(key, join(certificates, 'private.key'));
  const { services } = await stackStatus(stack.environment);
  const { pid } = services.find(({ name }) => name === 'minio')!;
  const port = await freePort();
  const [accessKey, secretKey] = ['secure', randomBytes(12).toString('hex')];
  const variables = {
    ...{ MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey },
    ...{ MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
  };
  const child = spawn(
    readlinkSync(`/proc/${pid}/exe`),
    ['server', join(folder, 'data'), '--address', `127.0.0.1:${port}`, '--certs-dir', certificates],
    { env: toolVariables(variables), stdio: 'ignore' },
  );
  await until('a MinIO behind TLS', () => answers(port), 60);
  return {
    endpoint: `https://localhost:${port}`,
    accessKey,
    secretKey,
    async stop() {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Undefined where nothing listens yet. */
const answers = (port: number): Promise<true | undefined> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(undefined)).once('connect', () => socket.destroy());
  });
