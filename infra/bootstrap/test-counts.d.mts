export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}
export function add(a: Counts, b: Counts): Counts;
export function countVitest(report: string, ok: boolean): Counts;
export function summaryLine(counts: Counts): string;
