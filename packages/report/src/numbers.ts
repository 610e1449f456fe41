/** 0.9184 -> "91.84%". */
export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)}%`;

/** "91.36% to 92.85%". */
export const percentRange = ({ lower, upper }: { lower: number; upper: number }): string =>
  `${percent(lower)} to ${percent(upper)}`;

/** A difference of shares in percentage points, with its sign: 0.0013 -> "+0.13". */
export function points(difference: number, digits = 2): string {
  const text = (100 * Math.abs(difference)).toFixed(digits);
  const sign = Number(text) === 0 ? '±' : difference < 0 ? '−' : '+';
  return `${sign}${text}`;
}

/** 166970 -> "166,970". Not by Intl, whose output changes with the ICU version. */
export const grouped = (integer: number): string =>
  String(integer).replace(/\B(?=(\d{3})+$)/g, ',');

/** Three digits that matter: 0.24 -> "0.240", 1234.5 -> "1,235", 2e-8 -> "2.00 × 10⁻⁸". */
export function significant(value: number): string {
  // By what is shown: 999.6 has become 1,000.
  const size = Math.abs(Number(value.toPrecision(3)));
  if (size >= 1000 && size < 1e6) return grouped(Math.round(value));
  if (size === 0 || (size >= 1e-3 && size < 1000)) return value.toPrecision(3);
  const [mantissa, exponent] = value.toExponential(2).split('e') as [string, string];
  return `${mantissa} × 10${superscript(Number(exponent))}`;
}

const superscript = (integer: number): string =>
  [...String(integer)].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)])).join('');

/** Wall time: 0.42 -> "0.42 s", 83 -> "1 min 23 s", 7260 -> "2 h 1 min". */
export function duration(seconds: number): string {
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "2026-02-03T04:05:06.789Z" -> "2026-02-03 04:05 UTC". */
export const moment = (iso: string): string =>
  `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** "1 epoch", "2 epochs". */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${grouped(count)} ${count === 1 ? noun : plural}`;

/** "Epoch 3", "Epochs 3 to 7". */
export const epochRange = ({ first, last }: { first: number; last: number }): string =>
  first === last ? `Epoch ${first}` : `Epochs ${first} to ${last}`;
