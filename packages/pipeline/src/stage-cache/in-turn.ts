const last = new Map<string, Promise<unknown>>();

/**
 * Does work of one key after other work of this key that began earlier in this process: of runs
 * that start together, one prepares the data and the others find it done.
 * @throws the signal's reason if it is aborted before its turn has come
 */
export async function inTurn<T>(
  key: string,
  signal: AbortSignal,
  work: () => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  const before = last.get(key);
  if (before !== undefined) onWait();
  const result = (before ?? Promise.resolve()).then(() => {
    signal.throwIfAborted();
    return work();
  });
  // Whoever is next waits for the end of it, whatever that is.
  const over = result.catch(() => {});
  last.set(key, over);
  void over.then(() => {
    if (last.get(key) === over) last.delete(key);
  });
  return before === undefined ? result : orAborted(result, signal);
}

/** What was interrupted while it waits ends at once; its turn passes by. */
function orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    void result.then(resolve, reject);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
