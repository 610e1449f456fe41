export interface LockOptions {
  /** Called once when another live process holds the lock. */
  onWait?: (owner: { pid: number }) => void;
  signal?: AbortSignal;
  pollMs?: number;
}
export function withLock<T>(
  path: string,
  action: () => Promise<T>,
  options?: LockOptions,
): Promise<T>;
