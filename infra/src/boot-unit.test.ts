import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, toolVariables } from '@atelier/environment';
import { afterAll, expect, test } from 'vitest';
import { bootUnit, bootVariables, bootVariablesPath, needSystemd, unitName } from './boot-unit.ts';

// Everything that systemd takes for its own in a name.
const home = mkdtempSync(join(tmpdir(), 'atelier 100%h $HOME "'));
afterAll(() => rmSync(home, { recursive: true }));
const environment = readEnvironment({
  ...{
    ATELIER_HOME: home,
    HOME: '/home/me',
    PATH: '/usr/bin',
    https_proxy: 'http://me:a"$b`\\@p:1',
  },
});
const analyze = (...args: string[]) =>
  spawnSync('systemd-analyze', args, {
    encoding: 'utf8',
    env: toolVariables({ XDG_RUNTIME_DIR: home }),
  });
const hasAnalyze = analyze('--version').status === 0;

test.skipIf(!hasAnalyze)('systemd has nothing to say against the unit (systemd-analyze)', () => {
  writeFileSync(bootVariablesPath(home), bootVariables(environment));
  const path = join(home, unitName(environment));
  const verify = (unit: string) => {
    writeFileSync(path, unit);
    const { status, stdout, stderr } = analyze('verify', '--user', path);
    return { status, said: (stdout + stderr).trim() };
  };
  const unit = bootUnit(environment);
  expect(verify(unit)).toEqual({ status: 0, said: '' });
  expect(verify(unit.replace('RemainAfterExit', 'StayAfterExit')).said).toContain('StayAfterExit');
});

test('the unit runs this checkout, and holds no variable', () => {
  const unit = bootUnit(environment);
  expect(unit).toMatch(/^ExecStart=".*node" ".*\/packages\/pipeline\/bin\/atelier.mjs" "up"$/m);
  expect(unit).toContain('100%%h $HOME');
  expect(unit).not.toContain('me:a');
  expect(bootVariables(environment)).toContain('https_proxy="http://me:a\\"\\$b\\`\\\\@p:1"\n');
  expect(bootVariables(environment)).toContain('ATELIER_HOME="');
  const other = readEnvironment({ ATELIER_HOME: join(home, 'other') });
  expect(unitName(other)).not.toBe(unitName(environment));
});

test('without systemd it is refused, with what else starts programs', () => {
  expect(() => needSystemd('linux', true)).not.toThrow();
  expect(() => needSystemd('linux', false)).toThrow(/containers[\s\S]*npx atelier up/);
  expect(() => needSystemd('darwin', false)).toThrow(/darwin[\s\S]*launchd/);
});
