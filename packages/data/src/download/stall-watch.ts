/** Aborts its signal when less than a kilobyte a second has come for a while. */
export interface StallWatch {
  signal: AbortSignal;
  stalled: boolean;
  received(bytes: number): void;
  stop(): void;
}

export function watchForStall(milliseconds: number): StallWatch {
  const controller = new AbortController();
  // A byte a millisecond. Whoever drips would hold a download for days, other mirrors unasked.
  const enough = milliseconds;
  let since = 0;
  const timer = setTimeout(() => {
    watch.stalled = true;
    controller.abort();
  }, milliseconds);
  const watch: StallWatch = {
    signal: controller.signal,
    stalled: false,
    received(bytes) {
      since += bytes;
      if (since < enough) return;
      since = 0;
      timer.refresh();
    },
    stop: () => clearTimeout(timer),
  };
  return watch;
}
