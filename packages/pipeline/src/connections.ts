import { describeProxy, type HttpProxy } from '@atelier/addresses';
import type { Connections } from '@atelier/infra';
import { nightProblems } from './nights/night-problems.ts';
import { stoppedNights } from './nights/stopped-nights.ts';
import { openStore } from './run-store.ts';
import { connectToTemporal, temporalService } from './temporal-service.ts';

/** The doctor's look at the services, by the clients that runs and commands use. Changes nothing. */
export const connections: Connections = {
  async temporal(environment, addresses) {
    const service = temporalService(environment, addresses);
    const connection = await connectToTemporal(service);
    await connection.close();
    return `${service.address}, namespace ${service.namespace}${through(service)}`;
  },
  async s3(settings) {
    const there = await openStore(settings).hasBucket();
    const bucket = `bucket ${settings.bucket}${there ? '' : ', which the first run makes'}`;
    return `${settings.endpoint}, ${bucket}${through(settings)}`;
  },
  async nights(environment, status) {
    const { schedules, lastRan, state } = status;
    if (lastRan !== undefined) return stoppedNights(schedules, lastRan);
    const s3 = environment.s3 ?? state?.s3;
    if (s3 === undefined || (environment.temporal ?? state) === undefined) return [];
    return nightProblems(temporalService(environment, state), openStore(s3), status);
  },
};

const through = ({ proxy }: { proxy?: HttpProxy }): string =>
  proxy ? `, through ${describeProxy(proxy)}` : '';
