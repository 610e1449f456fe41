import { openAnsweringDecoder } from '@atelier/data';

type Answering = ReturnType<typeof openAnsweringDecoder>;

export interface Decoder {
  /** @throws WorldError where the process dies before it has answered */
  decode: Answering['ask'];
  /** At once: a picture that is still decoded is one for which nobody waits any more. */
  close(): Promise<void>;
}

/**
 * What strangers' pictures may cost: larger ones are photographs of very few cameras, and each takes
 * a core for as long as it is decoded.
 */
const limits = { pixels: 2 ** 26, seconds: 10 };

/** Reads pictures in a process of its own, which is started again where one has ended it. */
export function openDecoder(): Decoder {
  const start = (): Answering => {
    const started = openAnsweringDecoder(limits);
    // Whoever asks hears of it.
    started.ready.catch(() => {});
    void started.ended.then(() => {
      if (process === started) process = undefined;
    });
    return started;
  };
  // Before anybody asks: it loads for the better part of a second.
  let process: Answering | undefined = start();
  return {
    decode(question) {
      process ??= start();
      return process.ask(question);
    },
    close: async () => process?.close('now'),
  };
}
