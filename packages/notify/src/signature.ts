import { createHmac } from 'node:crypto';

/**
 * The value of the header `X-Atelier-Signature`: HMAC-SHA256 over the time, a dot and the body, as
 * Stripe and Slack sign theirs. The time is signed too, so that an old message cannot be sent anew.
 * @param seconds since 1970, the value of `X-Atelier-Timestamp`
 */
export const signatureOf = (secret: string, seconds: number, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
