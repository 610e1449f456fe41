import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * What tells a process from a later one that got the same pid: its start time (on Linux with the
 * boot it belongs to). Undefined when there is no such process, or only its zombie.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function processIdentity(pid) {
  return process.platform === 'linux' ? linuxIdentity(pid) : psIdentity(pid);
}

/**
 * Whether a process of this pid may live: only false when it has certainly ended. Some machines
 * hide the processes of other users, which have no identity here.
 * @param {number} pid
 * @returns {boolean}
 */
export function isAlive(pid) {
  if (processIdentity(pid) !== undefined) return true;
  try {
    process.kill(pid, 0);
    // It takes signals and runs no more: a zombie.
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH';
  }
}

/**
 * See proc(5): the state is field 3, the start time in clock ticks since boot is field 22.
 * @param {number} pid
 * @returns {string | undefined}
 */
function linuxIdentity(pid) {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command name in field 2 may hold spaces and parentheses, so count from its last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${boot}:${fields[19]}`;
}

/**
 * @param {number} pid
 * @returns {string | undefined}
 */
function psIdentity(pid) {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [status, ...started] = text.split(/\s+/);
    return !text || status?.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function readOrUndefined(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
