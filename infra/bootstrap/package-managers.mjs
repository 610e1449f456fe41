import { spawnSync } from 'node:child_process';

/** Names that Fedora and openSUSE share. */
const rpm = { python: 'python3', pip: 'python3-pip', compiler: 'gcc-c++', make: 'make' };

/** Command line of each system's package manager, and how it names what Atelier needs. */
const MANAGERS = [
  {
    command: 'apt-get',
    install: 'apt-get install -y',
    root: true,
    names: {
      python: 'python3',
      pip: 'python3-pip',
      compiler: 'g++',
      make: 'make',
      go: 'golang-go',
    },
  },
  {
    command: 'dnf',
    install: 'dnf install -y',
    root: true,
    names: { ...rpm, go: 'golang' },
  },
  {
    command: 'pacman',
    install: 'pacman -S --needed',
    root: true,
    names: { python: 'python', pip: 'python-pip', compiler: 'gcc', make: 'make', go: 'go' },
  },
  {
    command: 'zypper',
    install: 'zypper install -y',
    root: true,
    names: { ...rpm, go: 'go' },
  },
  {
    command: 'brew',
    install: 'brew install',
    root: false,
    names: { python: 'python', pip: 'python', compiler: 'gcc', make: 'make', go: 'go' },
  },
];

/**
 * The command that installs `what` on this machine; undefined where no known manager is there.
 * @param {'python' | 'pip' | 'compiler' | 'make' | 'go'} what
 * @param {(command: string) => boolean} [isThere]
 * @param {boolean} [isRoot]
 * @returns {string | undefined}
 */
export function installCommand(what, isThere = isCommand, isRoot = process.getuid?.() === 0) {
  const manager = MANAGERS.find(({ command }) => isThere(command));
  if (manager === undefined) return undefined;
  const prefix = manager.root && !isRoot ? 'sudo ' : '';
  return `${prefix}${manager.install} ${manager.names[what]}`;
}

/**
 * Whether a program starts (whatever it then says).
 * @param {string} command
 * @returns {boolean}
 */
export const isCommand = (command) =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
