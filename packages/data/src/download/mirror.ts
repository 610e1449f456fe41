/** An address fit to be shown: without user, password and query, which may hold secrets. */
export function shown(address: URL): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  url.search = '';
  return url.href;
}
