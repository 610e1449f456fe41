const cells = 20;

/** How far something is: `reading pictures ██████████░░░░░░░░░░ 50 % (150 of 300)`. */
export function progressLine(what: string, { done, of }: { done: number; of: number }): string {
  const share = of === 0 ? 1 : Math.min(1, done / of);
  const full = Math.floor(cells * share);
  const count = (value: number): string => value.toLocaleString('en');
  return `${what} ${'█'.repeat(full)}${'░'.repeat(cells - full)} ${Math.floor(100 * share)} % (${count(done)} of ${count(of)})`;
}
