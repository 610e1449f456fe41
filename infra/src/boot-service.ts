import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { AtelierEnvironment } from '@atelier/environment';
import { privateFolder, writeWhole } from '@atelier/files';
import {
  bootUnit,
  bootVariables,
  bootVariablesPath,
  needSystemd,
  unitName,
  unitPath,
} from './boot-unit.ts';
import { runCommand, tryCommand } from './provision/run-command.ts';

/** How the unit that starts the stack at boot stands. */
export interface BootService {
  unit: string;
  path: string;
  installed: boolean;
  /** systemd's words: enabled, disabled; active, inactive, failed. */
  enabled: string;
  active: string;
  /** Whether the user's units run while the user is not logged in: from boot on, then. */
  lingers: boolean;
}

const isBooted = (): boolean => existsSync('/run/systemd/system');
const systemctl = (...args: string[]): Promise<string> =>
  runCommand('systemctl', ['--user', ...args], {
    remedy: 'A login session of this user has to be there: log in, rather than `su`.',
  });

/** Has systemd start the stack at boot, and starts it. @throws UserError where there is no systemd */
export async function installBootService(environment: AtelierEnvironment): Promise<BootService> {
  needSystemd(process.platform, isBooted());
  const { home } = environment;
  await privateFolder(home, 'the state of the local stack (ATELIER_HOME moves it)');
  await writeWhole(bootVariablesPath(home), bootVariables(environment), { mode: 0o600 });
  await writeWhole(unitPath(environment), bootUnit(environment));
  await systemctl('daemon-reload');
  await systemctl('enable', '--now', unitName(environment));
  return bootServiceStatus(environment);
}

/** Stops the stack, too, since it was started by it. */
export async function uninstallBootService(environment: AtelierEnvironment): Promise<boolean> {
  needSystemd(process.platform, isBooted());
  if (!existsSync(unitPath(environment))) return false;
  await systemctl('disable', '--now', unitName(environment));
  await rm(unitPath(environment));
  await rm(bootVariablesPath(environment.home), { force: true });
  await systemctl('daemon-reload');
  return true;
}

export async function bootServiceStatus(environment: AtelierEnvironment): Promise<BootService> {
  needSystemd(process.platform, isBooted());
  const unit = unitName(environment);
  const path = unitPath(environment);
  const shown = (property: string) =>
    tryCommand('systemctl', ['--user', 'show', unit, '--value', '--property', property]);
  const user = userInfo().username;
  const linger = await tryCommand('loginctl', ['show-user', user, '--value', '--property=Linger']);
  return {
    ...{ unit, path, installed: existsSync(path) },
    enabled: (await shown('UnitFileState'))?.trim() || 'disabled',
    active: (await shown('ActiveState'))?.trim() || 'inactive',
    lingers: linger?.trim() === 'yes',
  };
}
