import type { Progress } from '../progress.ts';
import { retryWays } from './retry-settings.ts';

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** What the Temporal UI shows of a run, as Markdown. */
export function describeRun(progress: Progress): string {
  const { stages, epochs, totalEpochs, best, attention, doing, notices } = progress;
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
  if (doing) lines.push(`\nNow: ${doing}`);
  for (const notice of notices) lines.push(`\nNote: ${notice}`);
  if (attention)
    lines.push(
      `\n### Waiting for you: stage ${attention.stage} failed (${attention.kind})`,
      `\`\`\`\n${attention.message}\n\`\`\``,
      'Mend it, then send the update `retry`, or run:',
      ...retryWays(progress.runId, attention.mendedBy).map(
        ({ command, payload }) =>
          `- \`${command}\`${payload && `: update \`retry\` with \`${payload}\``}`,
      ),
      'To give up, send the update `abort`.',
    );
  return lines.join('\n');
}
