import { Agent, get } from 'node:http';
import { connect } from 'node:http2';
import type { HealthCheck } from './service-spec.ts';

const TIMEOUT_MS = 3_000;

/** Whether the service answers now; never throws. */
export async function isHealthy(check: HealthCheck): Promise<boolean> {
  if (check.kind === 'running') return true;
  if (check.kind === 'http') return isHttpOk(check.url);
  return isGrpcServing(check.address, check.service);
}

/** By an agent of its own: fetch and Node's agent may be told to take a proxy, for loopback too. */
function isHttpOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: new Agent(), timeout: TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

/**
 * grpc.health.v1.Health/Check over HTTP/2 by hand: a message is one zero byte, four bytes of
 * length and the protobuf, here field 1 in both directions
 * (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
 */
function isGrpcServing(address: string, service: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const settle = (healthy: boolean): void => {
      clearTimeout(timer);
      session.destroy();
      resolve(healthy);
    };
    const timer = setTimeout(() => settle(false), TIMEOUT_MS);
    session.once('error', () => settle(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', () => settle(false));
    stream.once('end', () => settle(isServingReply(Buffer.concat(chunks))));
    stream.end(healthRequest(service));
  });
}

function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** HealthCheckResponse { status = 1 (varint): SERVING = 1 }. */
const isServingReply = (reply: Buffer): boolean => reply[5] === 0x08 && reply[6] === 1;
