import { type Session, workflowUrl } from '../commands/session.ts';
import { failureTypes } from '../names.ts';
import type { Attention } from '../progress.ts';
import { type ResultName, type RunResult, stagePlans } from '../stages/index.ts';
import { bold, type Console } from '../terminal/console.ts';
import { CommandFailure } from '../terminal/exit.ts';
import { labelledLines } from '../terminal/table.ts';
import { metricText } from '../terminal/text.ts';
import { approvalWays } from '../workflow/approval-commands.ts';
import { retryWays } from '../workflow/retry-settings.ts';
import { type ReportLink, reportLink } from './report-link.ts';
import type { Ending } from './run-ending.ts';

/**
 * Says how a run ended, as JSON, too, if wished.
 * @throws CommandFailure where it did not finish
 */
export async function showEnding(
  session: Session,
  runId: string,
  ending: Ending,
  console: Console,
  json: boolean,
): Promise<void> {
  switch (ending.kind) {
    case 'finished': {
      const link = await reportLink(session.store, runId);
      showResult(session, ending, link, console);
      if (json) console.result(JSON.stringify(resultJson(session, ending.result, link)));
      return;
    }
    case 'parked':
      throw new CommandFailure(parkedText(runId, ending.attention));
    default:
      throw new CommandFailure(`Run ${runId} did not finish: ${ending.message}`);
  }
}

export function parkedText(runId: string, { stage, kind, message, mendedBy }: Attention): string {
  if (kind === failureTypes.approval)
    return [
      `Run ${runId} waits for you, before its model is put in use:`,
      ...['', message, '', 'Approve or reject it; nobody having done so in time, it is held:'],
      ...approvalWays(runId).map(({ command }) => `  ${command}`),
    ].join('\n');
  const ways = retryWays(runId, mendedBy);
  return [
    `Stage ${stage} of run ${runId} failed and waits for you:`,
    '',
    message,
    '',
    ways.length > 0
      ? 'Finished work is kept. Try again once the cause is mended, or give the run up:'
      : 'Finished work is kept. No retry can mend this; give the run up:',
    ...ways.map(({ command }) => `  ${command}`),
    `  npx atelier abort ${runId}`,
  ].join('\n');
}

type Finished = Extract<Ending, { kind: 'finished' }>;

function showResult(
  session: Session,
  { result, isForgotten = false }: Finished,
  { url, problem }: ReportLink,
  console: Console,
): void {
  const { runId, workflowId } = result;
  const results = resultRows(result);
  const rows: [string, string][] = [
    ...results.map(({ label, text }): [string, string] => [label, text]),
    ...(result.verdict ? [['promotion', result.verdict.sentence] satisfies [string, string]] : []),
    ['report', reportAddress(session, result)],
    ...(url === null ? [] : [['open for 7 days at', url] satisfies [string, string]]),
    ['fetch all files', `npx atelier fetch ${runId}`],
  ];
  const ui = workflowUrl(session, workflowId);
  if (ui !== undefined && !isForgotten) rows.push(['workflow', ui]);
  if (problem !== undefined)
    console.warn(`! No link to the report is given: ${problem}. Start an equal run for another.`);
  console.line();
  console.line(`Run ${runId} is finished.`, bold);
  for (const [i, lines] of labelledLines(rows, console.columns).entries())
    for (const line of lines) console.line(line, results[i]?.isLast ? bold : undefined);
}

interface ResultRow {
  label: string;
  text: string;
  /** Of the last stage that has results: what the run was for. */
  isLast: boolean;
}

/** A run of another version may lack results that this one knows. */
export function resultRows(result: RunResult): ResultRow[] {
  const rows = stagePlans.flatMap(({ name: stage, results }) =>
    Object.entries(results).flatMap(([key, { label, format, atEnd }]) => {
      const value = result[key as ResultName];
      return atEnd && value !== undefined
        ? [{ stage, label, text: metricText(format, value) }]
        : [];
    }),
  );
  const last = rows.at(-1)?.stage;
  return rows.map(({ stage, label, text }) => ({ label, text, isLast: stage === last }));
}

const reportAddress = ({ store }: Session, { report }: RunResult): string =>
  `s3://${store.bucket}/${report}`;

/** A finished run as `--json` prints it. */
export function resultJson(session: Session, result: RunResult, link: ReportLink) {
  const { stages, report: _, ...rest } = result;
  // The run's own stages: an older version's run has fewer of them.
  const entries = Object.entries(stages);
  return {
    ...rest,
    seconds: Object.fromEntries(entries.map(([name, { seconds }]) => [name, seconds])),
    cached: Object.fromEntries(entries.map(([name, { hit }]) => [name, hit])),
    report: reportAddress(session, result),
    reportUrl: link.url,
  };
}
