import { withoutSecrets } from '@atelier/addresses/without-secrets';

const mostCharacters = 120;

/**
 * A value for people, as the beginning of its JSON. Of an address only what can be no secret is
 * shown: the value may have been refused for what else stands in it.
 */
export function show(value: unknown): string {
  const text = toJson(value);
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, part) => shownPart(part)) ?? 'nothing';
  } catch {
    return 'something nested too deep to be shown';
  }
}

const shownPart = (part: unknown): unknown =>
  typeof part === 'string' && /:\/|@/.test(part) ? withoutSecrets(part) : part;
