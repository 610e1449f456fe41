import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { AtelierEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';

/** The name of the systemd unit of a stack: of each checkout, and of each folder, another. */
export const unitName = ({ home }: Pick<AtelierEnvironment, 'home'>): string =>
  `atelier-${createHash('sha256').update(home).digest('hex').slice(0, 8)}.service`;

/** Where systemd finds a user's own units. */
export const unitPath = (environment: AtelierEnvironment): string => {
  const { HOME = '', XDG_CONFIG_HOME = join(HOME, '.config') } = environment.forwarded;
  return join(XDG_CONFIG_HOME, 'systemd', 'user', unitName(environment));
};

/** The variables that the stack is started with at boot: some may be secrets, so no unit has them. */
export const bootVariablesPath = (home: string): string => join(home, 'boot.env');

/**
 * A unit that starts the local stack as `up` does, and stops it as `down` does. What it starts is
 * supervised already: to systemd, it is an act and not a process.
 */
export function bootUnit({ workspace, home }: AtelierEnvironment): string {
  const program = join(workspace, 'packages', 'pipeline', 'bin', 'atelier.mjs');
  const run = (command: string): string =>
    [process.execPath, program, command].map(quoteArgument).join(' ');
  return `# Written by \`atelier service install\`; \`atelier service uninstall\` removes it.
[Unit]
Description=${escapeSpecifiers(`Atelier's local stack in ${home}`)}

[Service]
Type=oneshot
RemainAfterExit=yes
WorkingDirectory=${escapeSpecifiers(workspace)}
EnvironmentFile=${escapeSpecifiers(bootVariablesPath(home))}
ExecStart=${run('up')}
ExecStop=${run('down')}
TimeoutStartSec=10min
TimeoutStopSec=2min

[Install]
WantedBy=default.target
`;
}

const escapeSpecifiers = (text: string): string => text.replaceAll('%', '%%');

/** As in systemd.service(5), under "Command lines". */
const quoteArgument = (text: string): string =>
  `"${escapeSpecifiers(text).replace(/["\\]/g, '\\$&').replaceAll('$', '$$$$')}"`;

/** The variables as systemd.exec(5) reads them from a file. */
export function bootVariables(environment: AtelierEnvironment): string {
  const { forwarded, path, home, binaries, localWorker } = environment;
  const variables = {
    ...forwarded,
    PATH: path,
    ATELIER_HOME: home,
    ATELIER_WORKER: localWorker ? 'local' : 'none',
    ...(binaries.temporal && { ATELIER_TEMPORAL_BINARY: binaries.temporal }),
    ...(binaries.minio && { ATELIER_MINIO_BINARY: binaries.minio }),
  };
  const lines = Object.entries(variables).map(
    ([name, value]) => `${name}="${value.replace(/["\\$`]/g, '\\$&')}"\n`,
  );
  return lines.join('');
}

/**
 * Refuses where no systemd would start anything.
 * @param isBooted whether systemd runs this machine, see sd_booted(3)
 */
export function needSystemd(platform: NodeJS.Platform, isBooted: boolean): void {
  if (platform === 'linux' && isBooted) return;
  throw new UserError({
    what: 'There is no systemd here that would start the stack.',
    expected: 'Linux that systemd runs',
    found: platform === 'linux' ? 'no /run/systemd/system, as in most containers' : `${platform}`,
    remedy:
      'have whatever starts programs here (launchd, cron with @reboot, what starts the container) run `npx atelier up`',
  });
}
