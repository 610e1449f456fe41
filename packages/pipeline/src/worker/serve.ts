import { join } from 'node:path';
import type { HostAndPort } from '@atelier/addresses';
import { openObjects } from '@atelier/artifacts';
import { type AtelierEnvironment, chosenDevice, type ServiceAddresses } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { Client } from '@temporalio/client';
import { type Logger, NativeConnection, Runtime } from '@temporalio/worker';
import { foldersOf } from '../disk-space.ts';
import { goingSchedules } from '../nights/schedules.ts';
import { openTelling } from '../notify/telling.ts';
import { reconcileRecords } from '../record/reconcile.ts';
import { makeAllKnown } from '../registry/publish-champion.ts';
import type { Tell } from '../run-record.ts';
import { openStoreOn, type Store } from '../run-store.ts';
import { keepRunsPage, type RunsPage } from '../runs-page/renew-page.ts';
import { pruneCache } from '../stage-activity/scratch.ts';
import { observedObjects } from '../telemetry/observed-objects.ts';
import { openTelemetry } from '../telemetry/open-telemetry.ts';
import { tracingTell } from '../telemetry/run-spans.ts';
import { temporalService, temporalUnreachable } from '../temporal-service.ts';
import { cachedBundle, codeDigest } from './bundle.ts';
import { codeIdentity } from './code-identity.ts';
import { releaseLostWork } from './release-lost-work.ts';
import { createWorkers, runWorkers, type WorkerRole } from './run-workers.ts';
import { thisMachine, trainingCapacity } from './training-capacity.ts';
import { workerIdentity } from './worker-identity.ts';
import { workerLogger } from './worker-log.ts';

/** What a worker does besides what its environment says. */
export interface Serving {
  roles: readonly WorkerRole[];
  /** Where it serves metrics; undefined: nowhere. */
  metrics: HostAndPort | undefined;
}

/**
 * Serves the task queues of these roles until the process gets SIGTERM or SIGINT.
 * @throws UserError without an S3 service; WorldError where Temporal does not answer
 */
export async function serve(
  environment: AtelierEnvironment,
  { roles, metrics: metricsAddress }: Serving,
  state?: ServiceAddresses,
): Promise<void> {
  // What is cached of runs is this user's alone.
  process.umask(0o077);
  const logger = workerLogger(environment.logLevel);
  Runtime.install({ logger });
  const s3 = environment.s3 ?? state?.s3;
  if (s3 === undefined)
    throw new UserError({
      what: 'The worker does not know where artifacts are kept.',
      expected: 'a running local stack, or ATELIER_S3_ENDPOINT and its credentials',
      remedy: 'run `npx atelier up`, or set them',
    });
  const { cacheDirectory, diskLow, proxies, workspace } = environment;
  const code = await codeIdentity(workspace, codeDigest(workspace));
  const disks = { folders: foldersOf(environment, s3.endpoint), low: diskLow };
  const telemetry = await openTelemetry({
    traces: environment.traces,
    metrics: metricsAddress,
    service: { version: code.sources.slice(0, 16), instance: workerIdentity() },
    logger,
  });
  const store = openStoreOn(observedObjects(openObjects(s3), telemetry));
  // A store that is away now may be back when a run needs it, which says so itself if not.
  await store.ensureBucket().catch((error) => logger.warn('The store is not usable', { error }));

  const temporal = temporalService(environment, state);
  const { address, namespace } = temporal;
  const connection = await NativeConnection.connect(temporal.worker).catch((error) => {
    throw temporalUnreachable(temporal, error);
  });
  try {
    await pruneCache(join(cacheDirectory, 'blobs'), 30);
    await pruneCache(join(cacheDirectory, 'bundles'), 7);
    await pruneCache(join(cacheDirectory, 'training'), 30);
    await pruneCache(join(cacheDirectory, 'preparing'), 30);
    const telling = openTelling(environment, store, logger);
    const page = keepRunsPage(store, code, (error) =>
      logger.warn('The page of runs waits to be made', { error }),
    );
    const tellTraces = tracingTell(telemetry);
    const tell: Tell = async (record) => {
      page.renew();
      await tellTraces(record);
      await telling.tell(record);
    };
    const workers = await createWorkers({
      connection,
      namespace,
      store,
      cacheDirectory,
      disks: { ...disks, tellLow: telling.tellLow },
      proxies,
      roles,
      tell,
      prune: {
        variables: environment.forwarded,
        credentials: environment.prunerCredentials,
        tell: telling.tellPruneFailed,
      },
      trainingCapacity: trainingCapacity(thisMachine(chosenDevice(environment))),
      code,
      telemetry,
      demandsSignature: environment.verifyKey !== undefined,
      bundle: () => cachedBundle(join(cacheDirectory, 'bundles'), code.sources, logger),
    });
    // Beside the serving: that it fails, or takes long, must not keep a worker from its work.
    const client = new Client({ connection, namespace });
    void releaseLostWork(client, logger).catch((error) =>
      logger.warn('The work of workers that are gone waits for its heartbeat timeout', { error }),
    );
    logger.info(`Serving ${roles.join(' and ')}`, { message: `at ${address}` });
    const stopReconciling = roles.includes('pipeline')
      ? keepReconciling(client, store, { tell, page }, logger)
      : () => {};
    telling.start();
    telemetry.serve({
      store,
      disks,
      schedules: () => goingSchedules(client),
      isOfPipeline: roles.includes('pipeline'),
    });
    await runWorkers(workers).finally(() => {
      stopReconciling();
      return Promise.all([telling.stop(), page.settled()]);
    });
  } finally {
    await telemetry.stop();
    await connection.close();
  }
}

const hour = 3_600_000;

/**
 * Beside the serving, now and every hour: puts on record how runs ended that could not do so, makes
 * the page of runs where a worker that died has left it behind, and makes known which model is in
 * use where somebody died over it.
 */
function keepReconciling(
  client: Client,
  store: Store,
  { tell, page }: { tell: Tell; page: RunsPage },
  logger: Logger,
): () => void {
  const failed = (error: unknown): void =>
    logger.warn('Records of runs that ended wait to be put right', { error });
  const reconcile = (): void => {
    void reconcileRecords(client, store, tell, ({ workflowId, status, why }) => {
      logger.info('Run ends', { workflowId, status, failure: why });
    })
      .catch(failed)
      // What was told of before it was in the index is in it now.
      .then(() => page.renewIfBehind());
    void makeAllKnown(store).catch((error: unknown) =>
      logger.warn('Which model is in use waits to be made known', { error }),
    );
  };
  reconcile();
  const timer = setInterval(reconcile, hour);
  return () => clearInterval(timer);
}
