import http from 'node:http';
import https from 'node:https';
import { agentFor, type Proxies, proxyFor, withoutSecrets } from '@atelier/addresses';
import { type Failure, WorldError } from '@atelier/errors';
import type { Message } from './message.ts';
import { signatureOf } from './signature.ts';
import { slackMessage } from './slack.ts';

/** Where messages are posted to. */
export interface Webhook {
  url: URL;
  format: 'json' | 'slack';
  /** Signs what is sent. */
  secret?: string;
}

/**
 * @param address an http or https address; `?format=slack`, which is taken off, asks for the form
 *   of Slack's incoming webhooks
 */
export function readWebhook(address: string, secret?: string): Webhook {
  const url = new URL(address);
  const format = url.searchParams.get('format') === 'slack' ? 'slack' : 'json';
  if (format === 'slack') url.searchParams.delete('format');
  return { url, format, ...(secret !== undefined && { secret }) };
}

/** Milliseconds until the answer's head is there. */
const patience = 10_000;

/**
 * Posts a message. A redirect is an error: another host would be sent what was signed for this one.
 * @param now seconds since 1970, for the signature
 * @throws WorldError where it is not taken; it shows nothing of the address but its host
 */
export async function sendWebhook(
  { url, format, secret }: Webhook,
  message: Message,
  { now, proxies, signal }: { now: number; proxies: Proxies; signal?: AbortSignal },
): Promise<void> {
  const body = JSON.stringify(format === 'slack' ? slackMessage(message) : message);
  const { request } = url.protocol === 'https:' ? https : http;
  const agent = agentFor(url, proxyFor(url, proxies));
  const limit = AbortSignal.timeout(patience);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'atelier',
    'x-atelier-event': message.event,
    'x-atelier-delivery': message.id,
    'x-atelier-timestamp': String(now),
    ...(secret !== undefined && { 'x-atelier-signature': signatureOf(secret, now, body) }),
  };
  try {
    const status = await new Promise<number>((resolve, reject) => {
      const outgoing = request(url, {
        method: 'POST',
        agent,
        headers,
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      outgoing.once('error', reject);
      outgoing.once('response', (response) => {
        // Whatever it says: nobody reads it, and it may be endless.
        response.destroy();
        resolve(response.statusCode ?? 0);
      });
      outgoing.end(body);
    });
    if (status >= 200 && status < 300) return;
    const redirected = status >= 300 && status < 400;
    throw refusal(url, {
      found: redirected ? `${status}, a redirect, which is not followed` : `HTTP status ${status}`,
      remedy: redirected
        ? 'set ATELIER_NOTIFY_URL to where it leads'
        : 'see to what listens there, or correct ATELIER_NOTIFY_URL',
    });
  } catch (error) {
    if (error instanceof WorldError || signal?.aborted) throw error;
    const found = limit.aborted ? `no answer for ${patience / 1000} s` : (error as Error).message;
    const remedy = 'see to what listens there, or correct ATELIER_NOTIFY_URL';
    throw refusal(url, { found: withoutSecrets(found), remedy });
  } finally {
    agent.destroy();
  }
}

/** The path of such an address is its password. */
const refusal = ({ origin }: URL, failure: Pick<Failure, 'found' | 'remedy'>): WorldError =>
  new WorldError({ what: 'A message was not taken.', where: origin, ...failure });
