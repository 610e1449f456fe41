/**
 * Calls back once when the person (Ctrl-C) or the system asks this process to end. A second
 * request ends it at once.
 */
export function onInterrupt(callback: (signal: NodeJS.Signals) => void): () => void {
  let asked = false;
  const handle = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(130);
    asked = true;
    callback(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
