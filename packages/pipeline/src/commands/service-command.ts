import { readEnvironment } from '@atelier/environment';
import {
  type BootService,
  bootServiceStatus,
  installBootService,
  uninstallBootService,
} from '@atelier/infra';
import type { Console } from '../terminal/console.ts';

/** Has systemd start the local stack when the machine starts. */
export async function install(console: Console): Promise<void> {
  const service = await installBootService(readEnvironment());
  console.line(`systemd starts the stack from now on (${service.path}).`);
  warnOfLogin(service, console);
}

export async function uninstall(console: Console): Promise<void> {
  const removed = await uninstallBootService(readEnvironment());
  console.line(
    removed
      ? 'systemd no longer starts the stack, which is stopped now: `npx atelier up` starts it.'
      : 'systemd does not start this stack: nothing is installed.',
  );
}

export async function serviceStatus(json: boolean, console: Console): Promise<void> {
  const service = await bootServiceStatus(readEnvironment());
  if (json) return console.result(JSON.stringify(service));
  const { unit, path, installed, enabled, active } = service;
  if (!installed) return console.line('Not installed: `npx atelier service install` does so.');
  console.line(`${unit} is ${enabled} and ${active} (${path}).`);
  warnOfLogin(service, console);
}

function warnOfLogin({ lingers }: BootService, console: Console): void {
  if (lingers) return;
  console.warn(
    '! It starts when you log in, and ends when you log out: `loginctl enable-linger` lets it run from boot on.',
  );
}
