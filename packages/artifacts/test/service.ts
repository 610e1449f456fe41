import { readIdentity, type StoreRole, startTestStack } from '@atelier/infra';
import { inject } from 'vitest';
import type { StoreSettings } from '../src/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Another server than the stack's MinIO: ATELIER_TEST_S3_…, see docs/operations.md. */
    s3Server?: Omit<StoreSettings, 'bucket'>;
  }
}

/** The S3 service that these tests are about: the stack's own, or another one by its address. */
export interface TestService {
  settings: Omit<StoreSettings, 'bucket'>;
  /** A name that no bucket of another run has. */
  bucket: string;
  /** Whether it is the stack's MinIO, which has more than S3: credentials by AssumeRole. */
  isMinio: boolean;
  /** An identity that the stack has made for bucket `atelier` of its MinIO. */
  identity(role: StoreRole): Pick<StoreSettings, 'accessKey' | 'secretKey'>;
  stop(): Promise<void>;
}

export async function openTestService(name: string): Promise<TestService> {
  const other = inject('s3Server');
  if (other !== undefined)
    return {
      settings: other,
      bucket: `${name}-${Date.now().toString(36)}`,
      isMinio: false,
      identity: () => {
        throw new Error('Identities are made in a MinIO of our own.');
      },
      stop: async () => {},
    };
  const stack = await startTestStack({ worker: false });
  const { endpoint, region } = stack.state.s3;
  // These tests make buckets of their own.
  const settings = { endpoint, region, ...stack.root };
  const { home } = stack.environment;
  const identity = (role: StoreRole) => readIdentity(home, 'atelier', role)!;
  return { settings, bucket: name, isMinio: true, identity, stop: () => stack.stop() };
}
