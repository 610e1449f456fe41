import { withoutSecrets } from '@atelier/addresses';
import { bounded, oneLine } from '@atelier/text';
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/** As in `@opentelemetry/core`, whose enumeration says no more. */
const success = 0;

/** Says when spans stop to arrive, and when they do again; a collector may be away for days. */
export function toldOnce(
  exporter: SpanExporter,
  log: { info(message: string): void; warn(message: string): void },
): SpanExporter {
  let isAway = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== success;
        if (failed && !isAway)
          log.warn(
            `The collector takes no traces (${reason(result.error)}); runs go on without them, and this is not said again.`,
          );
        if (!failed && isAway) log.info('The collector takes traces again.');
        isAway = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

/** Headers stand in no message of the exporter, addresses may. */
function reason(error: (Error & { code?: unknown }) | undefined): string {
  if (error === undefined) return 'no reason given';
  const words = error.message.split(/\s+/).map(withoutAddress).join(' ').trim();
  const code = error.code === undefined ? '' : String(error.code);
  return oneLine(bounded([code, words].filter(Boolean).join(' ') || error.name, 300));
}

const withoutAddress = (word: string): string => (/:\/\//.test(word) ? withoutSecrets(word) : word);
