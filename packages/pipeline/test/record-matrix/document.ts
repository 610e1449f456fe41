import { edits } from './edits.ts';
import type { EditResult } from './run-edits.ts';

/** docs/record-matrix.md. @param minutes that all edits took */
export function formatEdits(results: readonly EditResult[], minutes: number): string {
  const titles = new Map(edits.map(({ name, title }) => [name, title]));
  const failed = results.filter(({ problem }) => problem !== undefined);
  const verdict =
    failed.length === 0
      ? `After all ${results.length} edits the next equal run ended by itself, with the digests and the numbers of the first run.`
      : `**After ${failed.length} of ${results.length} edits the next equal run did not end as the first.**`;
  const rows = results.map(
    ({ name, said, again, problem }) =>
      `| \`${name}\` | ${titles.get(name)} | ${again.join(', ') || 'nothing'} | ${cell(said)} | ${problem ? `**${cell([problem])}**` : 'yes'} |`,
  );
  return `# The record matrix

Whoever can write to the bucket can write records, and a disk can damage them. Here a run of the
whole pipeline on real services (Temporal, MinIO, worker, trainer) leaves its store; the store is
edited in one way and an equal run is started; then the store is put back for the next edit. An edit
passes when that next run

- ends by itself, without a person;
- has the digests of the first run in the stages data, train, select and evaluate, its summaries, and
  every number of report.json but wall times;
- says what it found, and keeps it under \`set-aside/\`, unless it is only bytes that are gone;
- leaves records that are right, every epoch, and \`registry/latest.json\` pointing to itself.

What is forged as a whole, with predictions, numbers and digests that agree, is not found out by
this: only doing the work again (\`--fresh\`) tells.

    npx nx run pipeline:record-matrix                    # all; writes this page
    npx nx run pipeline:record-matrix --only epoch/      # edits whose names contain it

A part of it runs in \`npm test\`.

## Result

${verdict} That took ${minutes.toFixed(0)} min.

| edit | what is wrong | done again | what the next equal run said | ended right |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

/** Digests are shortened, and what would end a cell is no more. */
const cell = (texts: readonly string[]): string =>
  texts
    .join('<br>')
    .replace(/[0-9a-f]{64}/g, (digest) => `${digest.slice(0, 8)}…`)
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ') || '–';
