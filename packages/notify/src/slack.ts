import { bounded } from '@atelier/text';
import type { Message } from './message.ts';

/** Characters of a text that Slack shows whole. */
const longest = 3_000;

/** Of Slack's three control characters, https://docs.slack.dev/messaging/formatting-message-text. */
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The same for a channel: what Slack's incoming webhooks, and those made like them, take. */
export function slackMessage({ summary, reason, commands, reportUrl }: Message): object {
  const code = (text: string): string => `\`\`\`${text.replaceAll('`', "'")}\`\`\``;
  const lines = [
    escaped(summary),
    ...(reason ? [code(escaped(bounded(reason, longest)))] : []),
    ...commands.map((command) => code(escaped(command))),
    ...(reportUrl ? [`<${reportUrl}|Report>`] : []),
  ];
  // What others wrote must not become a mention or a link.
  return { text: lines.join('\n'), link_names: false, unfurl_links: false };
}
