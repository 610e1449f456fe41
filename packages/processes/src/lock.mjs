import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './process-identity.mjs';

/**
 * The process of another machine (a shared home) cannot be checked, so its lock counts for this long
 * after it was last touched, which its holder does more often.
 */
const FOREIGN_LOCK_MS = 30 * 60_000;
const TOUCH_MS = 60_000;

/**
 * @typedef {object} LockOptions
 * @property {((owner: { pid: number }) => void) | undefined} [onWait] called once when another live process holds
 *   the lock
 * @property {AbortSignal | undefined} [signal]
 * @property {number} [pollMs]
 *
 * @typedef {object} Owner what a lock file holds; another program's may hold less
 * @property {number} pid
 * @property {string} [identity]
 * @property {string} [host]
 * @property {string} [token]
 */

/**
 * Runs `action` while holding the lock file `path`. A lock whose process is dead is taken over.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} action
 * @param {LockOptions} [options]
 * @returns {Promise<T>}
 */
export async function withLock(path, action, { onWait, signal, pollMs = 100 } = {}) {
  await mkdir(dirname(path), { recursive: true });
  const token = await acquire(path, { onWait, signal, pollMs });
  const touching = setInterval(() => touch(path, token), TOUCH_MS).unref();
  try {
    return await action();
  } finally {
    clearInterval(touching);
    await release(path, token);
  }
}

/**
 * @param {string} path
 * @param {LockOptions} options
 * @returns {Promise<string>}
 */
async function acquire(path, { onWait, signal, pollMs }) {
  let waiting = false;
  for (;;) {
    signal?.throwIfAborted();
    const token = await tryAcquire(path);
    if (token !== undefined) return token;
    const owner = await readOwner(path);
    if (owner !== undefined && (await isStale(path, owner))) {
      await takeOver(path, owner);
      continue;
    }
    if (!waiting && owner !== undefined) onWait?.(owner);
    waiting = true;
    await sleep(pollMs, undefined, signal && { signal });
  }
}

/**
 * Links a complete file into place: a lock never exists without its owner's name in it.
 * @param {string} path
 * @returns {Promise<string | undefined>} the token that shows whose it is
 */
async function tryAcquire(path) {
  const token = randomBytes(8).toString('hex');
  const owner = {
    pid: process.pid,
    identity: processIdentity(process.pid),
    host: hostname(),
    token,
  };
  const draft = `${path}.${process.pid}.${token}`;
  await writeFile(draft, JSON.stringify(owner), { mode: 0o600 });
  try {
    await link(draft, path);
    return token;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * @param {string} path
 * @returns {Promise<Owner | undefined>}
 */
async function readOwner(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return { pid: 0 };
    throw error;
  }
}

/**
 * @param {string} path
 * @param {Owner} owner
 * @returns {Promise<boolean>}
 */
async function isStale(path, owner) {
  if (owner.host !== undefined && owner.host !== hostname()) {
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    return age > FOREIGN_LOCK_MS;
  }
  return owner.identity === undefined || processIdentity(owner.pid) !== owner.identity;
}

/**
 * Two may see the same dead owner: only the one that holds the guard removes it, once.
 * @param {string} path
 * @param {Owner} dead
 */
async function takeOver(path, dead) {
  const guard = `${path}.takeover`;
  const token = await tryAcquire(guard);
  if (token === undefined) {
    const owner = await readOwner(guard);
    if (owner !== undefined && (await isStale(guard, owner))) await rm(guard, { force: true });
    await sleep(20);
    return;
  }
  try {
    const now = await readOwner(path);
    if (now !== undefined && now.token === dead.token) await rm(path, { force: true });
  } finally {
    await release(guard, token);
  }
}

/**
 * Best effort: a touch that fails is made up for by the next, long before the lock is old.
 * @param {string} path
 * @param {string} token
 */
async function touch(path, token) {
  try {
    const now = new Date();
    if ((await readOwner(path))?.token === token) await utimes(path, now, now);
  } catch {}
}

/**
 * @param {string} path
 * @param {string} token
 */
async function release(path, token) {
  const owner = await readOwner(path);
  if (owner?.token === token) await rm(path, { force: true });
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;
