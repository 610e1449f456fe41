import { readFileSync, writeFileSync } from 'node:fs';
import type { Setting } from '@atelier/settings';
import { defaultText } from './flags.ts';
import { runSettings } from './run-options.ts';

const page = new URL('../../../../docs/configuration.md', import.meta.url);
const section = /(<!-- settings: .* -->\n)[\s\S]*(<!-- \/settings -->\n)/;

/** The page of settings as it is, and as its table follows from the schemas. */
export function settingsPage(): { committed: string; generated: string } {
  const committed = readFileSync(page, 'utf8');
  const generated = committed.replace(section, (_, begin, end) => `${begin}\n${table()}\n${end}`);
  return { committed, generated };
}

function table(): string {
  const rows = [
    ['setting', 'flag', 'default', 'retry', 'meaning'],
    ['---', '---', '---', '---', '---'],
    ...runSettings.map(row),
  ];
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]!.length)),
  );
  return rows
    .map((cells) => cells.map((cell, i) => cell.padEnd(widths[i]!, cell === '---' ? '-' : ' ')))
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

function row(setting: Setting): string[] {
  const { path, flag, stages = [], help } = setting;
  const value = defaultText(setting);
  return [
    `\`${path.join('.')}\``,
    flag === undefined ? '' : `\`--${flag}\``,
    value.includes('/') ? `\`${value}\`` : value,
    stages.join(', '),
    help.replaceAll('|', '\\|'),
  ];
}

// As a program: `npx nx run pipeline:document-settings`.
if (import.meta.filename === process.argv[1]) writeFileSync(page, settingsPage().generated);
