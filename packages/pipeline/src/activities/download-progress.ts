import type { DownloadProgress } from '@atelier/data';

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** One line for all files of a download together: "downloading 12.3 of 30.9 MB (40 %)". */
export function openDownloadProgress(
  files: readonly { name: string; bytes: number }[],
  show: (line: string) => void,
): (progress: DownloadProgress) => void {
  const received = new Map<string, number>();
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return ({ file, receivedBytes }) => {
    received.set(file, receivedBytes);
    const sum = [...received.values()].reduce((a, b) => a + b, 0);
    const share = Math.floor((100 * sum) / total);
    show(`downloading ${megabytes(sum)} of ${megabytes(total)} MB (${share} %)`);
  };
}
