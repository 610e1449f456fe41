import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  keyId,
  openEnvelope,
  parseEnvelope,
  preAuthenticationEncoding,
  signStatement,
} from './envelope.ts';
import type { Statement } from './statement.ts';

const ours = generateKeyPairSync('ed25519');
const theirs = generateKeyPairSync('ed25519');

const statement = (digit: string): Statement => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'model/model.safetensors', digest: { sha256: digit.repeat(64) } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: { runDetails: { metadata: { invocationId: 'run' } } },
});

test("what is signed is encoded as DSSE's specification shows", () => {
  const encoded = preAuthenticationEncoding(
    Buffer.from('hello world'),
    'http://example.com/HelloWorld',
  );
  expect(encoded.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
});

test('a signature holds for the key that made it, by either half, and for no other', () => {
  const envelope = signStatement(statement('a'), ours.privateKey);
  for (const key of [ours.publicKey, ours.privateKey])
    expect(openEnvelope(envelope, key).value).toEqual(statement('a'));
  expect(openEnvelope(envelope, theirs.publicKey).problem).toContain(keyId(theirs.publicKey));
});

test('several sign the same statement; a new statement leaves old signatures behind', () => {
  const first = signStatement(statement('a'), ours.privateKey);
  const both = signStatement(statement('a'), theirs.privateKey, first);
  for (const { publicKey } of [ours, theirs])
    expect(openEnvelope(both, publicKey).value).toEqual(statement('a'));
  expect(signStatement(statement('a'), ours.privateKey, both).signatures).toHaveLength(2);
  const other = signStatement(statement('b'), ours.privateKey, both);
  expect(openEnvelope(other, ours.publicKey).value).toEqual(statement('b'));
  expect(openEnvelope(other, theirs.publicKey).value).toBeUndefined();
});

test.each([
  ['another statement under the signature', { payload: JSON.stringify(statement('b')) }],
  ['no signature', { signatures: [] }],
  ['a signature of nothing', { signatures: [{ sig: '' }] }],
  [
    "another key's signature under this key's name",
    {
      signatures: [
        {
          keyid: keyId(ours.publicKey),
          sig: signStatement(statement('a'), theirs.privateKey).signatures[0]!.sig,
        },
      ],
    },
  ],
])('%s is refused', (_, change) => {
  const envelope = { ...signStatement(statement('a'), ours.privateKey), ...change };
  if ('payload' in change) envelope.payload = Buffer.from(change.payload).toString('base64');
  expect(openEnvelope(envelope, ours.publicKey).problem).toMatch(/none of its \d signatures is by/);
});

test.each([
  ['no JSON', '{'],
  ['another type of content', { payloadType: 'text/plain', payload: '', signatures: [] }],
  ['a payload that is no base64', { payload: '"', signatures: [] }],
])('%s is no envelope', (_, content) => {
  const whole = { payloadType: 'application/vnd.in-toto+json', ...(content as object) };
  const text = typeof content === 'string' ? content : JSON.stringify({ ...whole });
  expect(parseEnvelope(Buffer.from(text)).problem).toBeDefined();
});

test('what is signed and no statement about files is refused', () => {
  const elsewhere = { ...statement('a'), subject: [{ name: '../out', digest: { sha256: 'a' } }] };
  const envelope = signStatement(elsewhere, ours.privateKey);
  expect(openEnvelope(envelope, ours.publicKey).problem).toMatch(/^subject/);
});
