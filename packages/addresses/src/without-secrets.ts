/**
 * An address for people, who may show it to others: without user, password, query and fragment,
 * whether it is an address or only meant to be one. So user and password end at the last @, and
 * where one stands behind a ? or # nothing is told of either.
 */
export function withoutSecrets(text: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*:\/+)?(.*)$/is.exec(text) ?? [];
  const user = rest.lastIndexOf('@');
  const end = rest.search(/[?#]/);
  if (end < 0) return `${scheme}${user < 0 ? '' : '…@'}${rest.slice(user + 1)}`;
  if (user > end) return `${scheme}…`;
  return `${scheme}${user < 0 ? '' : '…@'}${rest.slice(user + 1, end)}…`;
}
