import { readCensus } from '../retention/read-census.ts';
import { type RunUsage, type Usage, usageOf } from '../retention/usage.ts';
import { bold, type Console } from '../terminal/console.ts';
import { type Column, tableLines } from '../terminal/table.ts';
import { bytesText } from '../terminal/text.ts';
import { withStore } from './services.ts';

export interface DuOptions {
  limit: number;
  json?: boolean;
}

/** Says what is stored: for which run, of which stage, and for none. */
export function du({ limit, json = false }: DuOptions, console: Console): Promise<void> {
  return withStore(console, async (store) => {
    const usage = usageOf(await readCensus(store));
    if (json) return console.result(JSON.stringify(usage));
    for (const [i, line] of formatUsage(usage, limit, console.columns).entries())
      console.line(line, i === 0 ? bold : undefined);
  });
}

const columns: Column<RunUsage>[] = [
  { header: 'run', cell: ({ run }) => run },
  { header: 'status', cell: ({ status }) => status, leaveOut: 1 },
  { header: 'own', cell: ({ own }) => bytesText(own), align: 'right' },
  { header: 'shared', cell: ({ shared }) => bytesText(shared), align: 'right' },
];

/** The runs that take most, then what the stages made, and what is for no run. */
export function formatUsage(usage: Usage, limit: number, available: number): string[] {
  const { runs, stages, orphans, setAside, total } = usage;
  const shown = runs.slice(0, limit);
  const left = runs.length - shown.length;
  const byStage = Object.entries(stages).map(([stage, bytes]) => `${stage} ${bytesText(bytes)}`);
  return [
    ...tableLines(columns, shown, available),
    ...(left > 0 ? [`and ${left} more; --limit shows more, --json all`] : []),
    '',
    `by stage: ${byStage.join(', ') || 'nothing'}`,
    `for no run: ${bytesText(orphans.bytes)} in ${orphans.objects} objects, which \`npx atelier prune\` removes once they are an hour old`,
    `set aside: ${bytesText(setAside.bytes)} in ${setAside.objects} objects`,
    `all: ${bytesText(total.bytes)} in ${total.objects} objects`,
  ];
}
