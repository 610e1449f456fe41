import proto from '@temporalio/proto';

// The SDK's own conversion to JSON needs all its packages to share one copy of protobufjs, which
// an installation does not promise; this one needs none.
const { History } = proto.temporal.api.history.v1;
type History = ReturnType<typeof History.create>;

/** A workflow's history as JSON, one text replaced wherever it occurs in payloads. */
export function encodeHistory(history: unknown, [text, replacement]: [string, string]): string {
  const plain = History.toObject(history as History, {
    enums: String,
    longs: String,
    bytes: String,
  });
  const replaced = (key: string, value: unknown): unknown =>
    key === 'data' && typeof value === 'string'
      ? Buffer.from(Buffer.from(value, 'base64').toString().replaceAll(text, replacement)).toString(
          'base64',
        )
      : value;
  return `${JSON.stringify(plain, replaced, 1)}\n`;
}

/** @throws where the text is no history */
export const decodeHistory = (text: string): History => History.fromObject(JSON.parse(text));
