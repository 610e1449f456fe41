/** Milliseconds between two words about how far it is. */
const interval = 100;

/** Tells of progress now and then: what comes too soon after the last word is left out. */
export function atIntervals<P>(tell: (progress: P) => void): (progress: P) => void {
  let told = 0;
  return (progress) => {
    const now = performance.now();
    if (now - told < interval) return;
    told = now;
    tell(progress);
  };
}
