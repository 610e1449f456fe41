import { spawnSync } from 'node:child_process';

/** What tests that need a browser take, the first that there is. */
export const testBrowsers = ['chromium', 'chromium-browser', 'google-chrome'];

/** The path of the first of the known browsers that the shell finds. */
export function findTestBrowser(): string | undefined {
  const search = testBrowsers.map((name) => `command -v ${name}`).join(' || ');
  const { stdout } = spawnSync('/bin/sh', ['-c', search], { encoding: 'utf8' });
  return stdout.trim() || undefined;
}

/** Flags with which it does what it is told and nothing else. */
export const quietBrowser = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
