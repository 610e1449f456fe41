import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Parsed, parseDocument, sha256 } from '@atelier/artifacts';
import { z } from 'zod';
import { type Statement, statementSchema } from './statement.ts';

const payloadType = 'application/vnd.in-toto+json';

/** Base64 as it is written, or as URLs carry it: both are allowed. */
const base64 = z.string().regex(/^[\w+/=-]*$/, 'expected base64');

/**
 * A signed statement (https://github.com/secure-systems-lab/dsse, envelope.md); several people may
 * sign the same one.
 */
const envelopeSchema = z.object({
  payloadType: z.literal(payloadType),
  payload: base64,
  signatures: z.array(z.object({ keyid: z.string().optional(), sig: base64 })),
});

export type Envelope = z.infer<typeof envelopeSchema>;

export const parseEnvelope = (content: Buffer): Parsed<Envelope> =>
  parseDocument(content, envelopeSchema);

/** The public key's name: SHA-256 of its SubjectPublicKeyInfo. A hint only, which proves nothing. */
export const keyId = (key: KeyObject): string =>
  sha256(publicOf(key).export({ type: 'spki', format: 'der' }));

/** @param earlier whose other signatures stay, where they are of the same statement */
export function signStatement(statement: Statement, key: KeyObject, earlier?: Envelope): Envelope {
  const payload = Buffer.from(JSON.stringify(statement));
  const keyid = keyId(key);
  const sig = sign(null, preAuthenticationEncoding(payload), key).toString('base64');
  const same = earlier?.payload === payload.toString('base64');
  const others = same ? earlier.signatures.filter((other) => other.keyid !== keyid) : [];
  const signatures = [...others, { keyid, sig }];
  return { payloadType, payload: payload.toString('base64'), signatures };
}

/** What the holder of this key has signed, or in words why it is not taken for that. */
export function openEnvelope({ payload, signatures }: Envelope, key: KeyObject): Parsed<Statement> {
  const bytes = Buffer.from(payload, 'base64');
  const signed = preAuthenticationEncoding(bytes);
  const isOurs = ({ sig }: { sig: string }) =>
    verify(null, signed, publicOf(key), Buffer.from(sig, 'base64'));
  // The statement is not looked into before it is known whose it is.
  if (!signatures.some(isOurs))
    return { problem: `none of its ${signatures.length} signatures is by key ${keyId(key)}` };
  return parseDocument(bytes, statementSchema);
}

/** What is signed: type and content, each with its length, so that neither passes for the other. */
export const preAuthenticationEncoding = (payload: Buffer, type: string = payloadType): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);

const publicOf = (key: KeyObject): KeyObject =>
  key.type === 'public' ? key : createPublicKey(key);
