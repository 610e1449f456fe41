import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { paletteCss } from '../plots/theme.ts';
import type { Section } from '../sections/section.ts';
import { Html, html } from './html.ts';

const css = readFileSync(new URL('./page.css', import.meta.url), 'utf8');

/** An empty square with a tick, so that no browser asks a server for an icon. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%232a5fc0'/%3E%3Cpath d='m4 8 3 3 5-6' fill='none' stroke='white' stroke-width='2'/%3E%3C/svg%3E";

/**
 * Nothing may be fetched and nothing may run, even where something slipped into the page, but for
 * this script.
 */
function policyFor(script: string | undefined): string {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  if (script === undefined) return policy;
  return `${policy}; script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`;
}

interface PageParts {
  title: string;
  header: Html;
  sections: readonly Section[];
  /** A sentence below everything. */
  footer: string;
  /** Of this page alone. */
  css?: string;
  /** A script that the page also does without. */
  script?: string;
}

/** A whole HTML document that needs nothing but itself. */
export function page({ title, header, sections, footer, css: own, script }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>
${new Html(paletteCss)}
${new Html(css)}${own !== undefined && new Html(`\n${own}`)}
</style>
</head>
<body>
<a class="skip" href="#report">Skip to the report</a>
<nav aria-label="Contents"><ol>${sections.map(({ id, label }) => html`<li><a href="#${id}">${label}</a></li>`)}</ol></nav>
<main id="report">
${header}
${sections.map(({ content }) => content)}
</main>
<footer><p>${footer}</p></footer>
${script !== undefined && html`<script type="module">${new Html(script)}</script>\n`}</body>
</html>
`.text;
}
