import { markdownTable } from './generated-section.ts';
import { formatMachine, type Machine } from './machine.ts';
import type { PictureKind } from './make-pictures.ts';
import type { Summary } from './statistics.ts';

/** Seconds of all pictures of a kind, on one core. */
export interface PictureRow {
  kind: string;
  pictures: number;
  name: string;
  seconds: Summary;
}

/** benchmarks/results/pictures.json */
export interface PicturesResult {
  schemaVersion: 2;
  date: string;
  machine: Machine;
  versions: Record<string, string>;
  rows: PictureRow[];
  /** Of one import of many, on all cores. */
  many?: { files: number; seconds: number; peakBytes: number };
}

export const nameOf = ({ format, width, height }: PictureKind): string =>
  `${format} ${width} x ${height}`;

/** The result as Markdown that reads well in a terminal, too. */
export function formatPictures(result: PicturesResult): string {
  const { date, machine, versions, rows, many } = result;
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const cells = rows.map(({ kind, pictures, name, seconds: { minimum, median } }) => {
    const first = rows.find((row) => row.kind === kind)!;
    return [
      `${kind}, ${name}`,
      ...[(1000 * minimum) / pictures, (1000 * median) / pictures].map((ms) => ms.toFixed(2)),
      (pictures / median).toFixed(0),
      (median / first.seconds.median).toFixed(2),
    ];
  });
  return [
    `Milliseconds a picture on one core, ${date.slice(0, 10)}, ${formatMachine(machine)}, ${libraries.join(', ')}:`,
    markdownTable(['how', 'minimum', 'median', 'pictures / s', 'median / Atelier'], cells),
    ...(many
      ? [
          `${many.files.toLocaleString('en')} files in one import, on all cores: ${many.seconds.toFixed(0)} s, ${(many.peakBytes / 1e6).toFixed(0)} MB of memory at most.`,
        ]
      : []),
  ].join('\n\n');
}
