/** Aborts its signal when `alive()` has not been called for a while. */
export interface StallWatch {
  signal: AbortSignal;
  stalled: boolean;
  alive(): void;
  stop(): void;
}

export function watchForStall(milliseconds: number): StallWatch {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    watch.stalled = true;
    controller.abort();
  }, milliseconds);
  const watch: StallWatch = {
    signal: controller.signal,
    stalled: false,
    alive: () => timer.refresh(),
    stop: () => clearTimeout(timer),
  };
  return watch;
}
