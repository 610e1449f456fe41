import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A span as it arrived. */
export interface ArrivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for the first of its trace. */
  parentId: string;
  name: string;
  /** ms since 1970. */
  start: number;
  end: number;
  attributes: Record<string, string | number | boolean>;
  /** Why it failed; undefined where it did not. */
  failure: string | undefined;
}

/** What takes OTLP over HTTP, and reads it by itself: the other side of what is tested. */
export interface Collector {
  endpoint: string;
  spans: ArrivedSpan[];
  /** Of what sent them. */
  resource: ArrivedSpan['attributes'];
  headers: IncomingHttpHeaders[];
  close(): void;
}

/** @param answer the status of an answer; `never`: there is none; 200 unless given */
export async function openCollector(
  answer: () => number | 'never' = () => 200,
): Promise<Collector> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    collector.headers.push(request.headers);
    const status = request.url === '/v1/traces' ? answer() : 404;
    if (status === 'never') return;
    if (status === 200) readRequest(body, collector);
    response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const collector: Collector = {
    endpoint: `http://127.0.0.1:${port}`,
    ...{ spans: [], resource: {}, headers: [] },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return collector;
}

/** Field numbers: opentelemetry/proto/trace/v1/trace.proto */
function readRequest(body: Buffer, collector: Collector): void {
  for (const ofResource of messages(body, 1)) {
    for (const resource of messages(ofResource, 1)) collector.resource = attributesOf(resource, 1);
    for (const ofScope of messages(ofResource, 2))
      for (const span of messages(ofScope, 2)) collector.spans.push(readSpan(span));
  }
}

function readSpan(span: Buffer): ArrivedSpan {
  const [traceId, spanId, parentId, name] = [1, 2, 4, 5].map((field) => messages(span, field)[0]);
  const time = (field: number) => Number(fields(span, field)[0] as bigint) / 1e6;
  const [status] = messages(span, 15);
  return {
    traceId: traceId!.toString('hex'),
    spanId: spanId!.toString('hex'),
    parentId: parentId?.toString('hex') ?? '',
    name: name!.toString(),
    ...{ start: time(7), end: time(8), attributes: attributesOf(span, 9) },
    failure: status && messages(status, 2)[0]?.toString(),
  };
}

/** KeyValue, AnyValue: opentelemetry/proto/common/v1/common.proto */
function attributesOf(message: Buffer, field: number): ArrivedSpan['attributes'] {
  const entries = messages(message, field).map((pair): [string, string | number | boolean] => {
    const [key] = messages(pair, 1);
    const [value] = messages(pair, 2);
    const [text] = messages(value!, 1);
    const [flag] = fields(value!, 2);
    const [double] = fields(value!, 4);
    const [integer] = fields(value!, 3);
    if (text !== undefined) return [key!.toString(), text.toString()];
    if (flag !== undefined) return [key!.toString(), flag === 1n];
    if (double === undefined) return [key!.toString(), Number(integer ?? 0n)];
    const bits = Buffer.alloc(8);
    bits.writeBigUInt64LE(double as bigint);
    return [key!.toString(), bits.readDoubleLE()];
  });
  return Object.fromEntries(entries);
}

const messages = (message: Buffer, field: number): Buffer[] =>
  fields(message, field).filter((value): value is Buffer => Buffer.isBuffer(value));

/** The values of a field in protobuf's wire format: varints and fixed numbers as they are. */
function fields(message: Buffer, wanted: number): (bigint | Buffer)[] {
  const found: (bigint | Buffer)[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const type = tag & 7;
    const value =
      type === 0
        ? varint()
        : type === 1
          ? bytes(8).readBigUInt64LE()
          : type === 5
            ? BigInt(bytes(4).readUInt32LE())
            : bytes(Number(varint()));
    if (tag >> 3 === wanted) found.push(value);
  }
  return found;
}
