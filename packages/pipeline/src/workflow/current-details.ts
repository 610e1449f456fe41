import { bounded, codeBlock, codeSpan, plainMarkdown } from '@atelier/text';
import { failureTypes } from '../names.ts';
import type { Attention, Progress } from '../progress.ts';
import { percent } from '../terminal/text.ts';
import { approvalWays } from './approval-commands.ts';
import { retryWays } from './retry-settings.ts';

/** What the Temporal UI shows of a run, as Markdown. */
export function describeRun(progress: Progress): string {
  const { stages, epochs, totalEpochs, best, attention, doing, notices, verdict } = progress;
  const lines = stages.map(({ stage, state, hit, seconds }) => {
    const detail = state === 'done' ? (hit ? 'already done' : `${seconds?.toFixed(1)} s`) : state;
    return `- **${stage}**: ${detail}`;
  });
  const last = epochs.at(-1);
  if (last) lines.push(`\nEpoch ${last.epoch} of ${totalEpochs}`);
  if (best)
    lines.push(
      `\nBest validation accuracy so far: **${percent(best.validationAccuracy)}** (epoch ${best.epoch})`,
    );
  if (verdict) lines.push(`\n${plainMarkdown(bounded(verdict.sentence, 1_000))}`);
  if (doing && !attention) lines.push(`\nNow: ${plainMarkdown(bounded(doing, 1_000))}`);
  for (const notice of notices) lines.push(`\nNote: ${plainMarkdown(bounded(notice, 1_000))}`);
  if (attention) lines.push(...describeAttention(progress.runId, attention));
  return lines.join('\n');
}

/** What failed, and the commands and updates that go on from there. */
function describeAttention(runId: string, { stage, kind, message, mendedBy }: Attention): string[] {
  const giveUp = codeSpan(`npx atelier abort ${runId}`);
  if (kind === failureTypes.approval)
    return [
      '\n### Waiting for you: the gate would put this model in use',
      codeBlock(bounded(message, 20_000)),
      'Say so, or say no, by an update, or run:',
      ...approvalWays(runId).map(
        ({ command, update, payload }) =>
          `- ${codeSpan(command)}: update \`${update}\` with ${codeSpan(payload)}`,
      ),
      `\nTo end the run undecided, send the update \`abort\`, or run ${giveUp}.`,
    ];
  const ways = retryWays(runId, mendedBy).map(
    ({ command, payload }) =>
      `- ${codeSpan(command)}${payload && `: update \`retry\` with ${codeSpan(payload)}`}`,
  );
  return [
    `\n### Waiting for you: stage ${stage} failed (${plainMarkdown(kind)})`,
    codeBlock(bounded(message, 20_000)),
    ways.length > 0 ? 'Mend it, then send the update `retry`, or run:' : 'No retry mends this.',
    ...ways,
    `\nTo give up, send the update \`abort\`, or run ${giveUp}.`,
  ];
}
