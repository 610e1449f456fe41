import type { AtelierEnvironment, Credentials, ServiceAddresses } from '@atelier/environment';
import {
  LOCAL_NAMESPACE,
  LOCAL_REGION,
  metricsUrl,
  s3ConsoleUrl,
  s3Endpoint,
  temporalAddress,
  temporalUiUrl,
} from './services.ts';
import type { StackPlan, SupervisorRecord } from './stack-file.ts';

/** Where the services of a stack are, and what of it runs here. */
export interface StackState extends ServiceAddresses {
  /** Pages for people; absent for an external service. */
  temporal: ServiceAddresses['temporal'] & { uiUrl?: string };
  s3: ServiceAddresses['s3'] & { consoleUrl?: string };
  /** Where the worker serves metrics, if it was asked to. */
  metricsUrl?: string;
  /** Absent where nothing runs here. */
  supervisorPid?: number;
  workerPid?: number;
  /** The folder of state, data and logs. */
  directory: string;
}

export interface LocalStack {
  plan: StackPlan;
  /** An identity of the local store. */
  credentials: Credentials;
  record?: SupervisorRecord;
}

/** What the environment says about external services, completed by what runs here. */
export function stackState(environment: AtelierEnvironment, local?: LocalStack): StackState {
  const { home, bucket, temporal, s3 } = environment;
  const worker = local?.record?.services.find(({ name }) => name === 'worker')?.process;
  const port = local?.plan.ports.workerMetrics;
  const supervisor = local?.record?.supervisor;
  const needed = (): LocalStack => {
    if (local === undefined) throw new Error('A local service is needed and there is no stack.');
    return local;
  };
  return {
    temporal: temporal
      ? { address: temporal.address ?? '', namespace: temporal.namespace ?? LOCAL_NAMESPACE }
      : {
          address: temporalAddress(needed().plan.ports),
          namespace: LOCAL_NAMESPACE,
          uiUrl: temporalUiUrl(needed().plan.ports),
        },
    s3: s3
      ? { ...s3 }
      : {
          endpoint: s3Endpoint(needed().plan.ports),
          region: LOCAL_REGION,
          ...needed().credentials,
          bucket,
          consoleUrl: s3ConsoleUrl(needed().plan.ports),
        },
    ...(port !== undefined && { metricsUrl: metricsUrl(port) }),
    ...(supervisor && { supervisorPid: supervisor.pid }),
    ...(worker && { workerPid: worker.pid }),
    directory: home,
  };
}
