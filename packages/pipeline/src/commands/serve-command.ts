import { hostAndPortText, isLoopbackOnly } from '@atelier/addresses';
import { UserError } from '@atelier/errors';
import { openModelSlot, openServer, type Server } from '@atelier/serve';
import { openServiceMetrics } from '@atelier/telemetry';
import { championNamed, meansChampion, noChampion } from '../registry/find-champion.ts';
import type { Store } from '../run-store.ts';
import { followModel } from '../serving/follow-model.ts';
import { openDecoder } from '../serving/open-decoder.ts';
import { openRunModel } from '../serving/open-run-model.ts';
import type { Console } from '../terminal/console.ts';
import { onInterrupt } from '../terminal/exit.ts';
import { finishedRun, namedRun, signedIfDemanded } from './finished-run.ts';
import { withStore } from './services.ts';

export interface ServeOptions {
  host: string;
  port: number;
  json?: boolean;
}

/** Answers over HTTP what a run's model takes pictures for, until it is asked to end. */
export async function serve(
  run: string,
  { host, port, json = false }: ServeOptions,
  console: Console,
): Promise<void> {
  const named = await namedRun(run, 'the run');
  await withStore(console, async (store) => {
    const ending = new AbortController();
    const release = onInterrupt(() => ending.abort());
    const decoder = openDecoder();
    const slot = openModelSlot();
    const telemetry = await openServiceMetrics();
    const { metrics } = telemetry;
    const onProblem = tellOnce((message) => console.warn(`! ${message}`));
    let isListening = false;
    try {
      const wanted = await whichRun(store, named);
      const { stopped } = await followModel(
        {
          slot,
          async wanted() {
            const found = await wanted();
            metrics.set('championRead', {}, Date.now() / 1000);
            return found;
          },
          open: async (run) =>
            openRunModel(store, await signedIfDemanded(store, run), decoder, (images) => {
              metrics.count('batches', {});
              metrics.count('images', {}, images);
            }),
          onChange(run) {
            metrics.count('modelChanges', {});
            // Where its address cannot be had, nothing does.
            if (isListening) console.line(`The model of run ${run} answers.`);
          },
          onProblem,
        },
        ending.signal,
      );
      try {
        const server = await listen({
          address: { host, port },
          slot,
          telemetry,
          onFailure: onProblem,
        });
        isListening = true;
        sayWhere(server, slot.current()?.run, json, console);
        await aborted(ending.signal);
        console.line('Ending: what was asked is answered.');
        await server.close();
      } finally {
        ending.abort();
        await stopped;
      }
    } finally {
      await decoder.close();
      release();
    }
  });
}

/** Milliseconds in which the same problem is told once. */
const quiet = 60_000;

/** Of a problem that every request has, people hear once a minute, and not once a request. */
export function tellOnce(tell: (message: string) => void): (problem: Error) => void {
  const told = new Map<string, number>();
  return ({ message }) => {
    const now = Date.now();
    if (now - (told.get(message) ?? Number.NEGATIVE_INFINITY) < quiet) return;
    if (told.size >= 100) told.clear();
    told.set(message, now);
    tell(message);
  };
}

/** What says which run's model is to answer: the champion changes, any other run is found once. */
async function whichRun(store: Store, named: string | undefined): Promise<() => Promise<string>> {
  if (named === undefined || !meansChampion(named)) {
    const { runId } = await finishedRun(store, named);
    return async () => runId;
  }
  return async () => {
    const decision = await championNamed(store, named);
    if (decision === undefined) throw noChampion(named);
    return decision.champion.run;
  };
}

/** @throws UserError where the address cannot be had */
async function listen(options: Parameters<typeof openServer>[0]): Promise<Server> {
  try {
    return await openServer(options);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const taken = code === 'EADDRINUSE';
    throw new UserError({
      what: taken ? 'Something else listens there.' : 'It cannot listen there.',
      where: hostAndPortText(options.address),
      ...(!taken && { found: message }),
      remedy: 'take another --port, or another --host',
    });
  }
}

function sayWhere(
  { address }: Server,
  run: string | undefined,
  json: boolean,
  console: Console,
): void {
  const url = `http://${hostAndPortText(address)}`;
  if (run !== undefined) console.line(`The model of run ${run} answers.`);
  if (!isLoopbackOnly(address.host))
    console.warn('! Whoever reaches this machine may ask: there are no accounts.');
  if (json) console.result(JSON.stringify({ url, run }));
  console.line(
    `Pictures go to ${url}/predict, which ${url}/openapi.json describes. Ctrl-C ends it.`,
  );
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
