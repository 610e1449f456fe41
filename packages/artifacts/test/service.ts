import { startTestStack } from '@atelier/infra';
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
  stop(): Promise<void>;
}

export async function openTestService(name: string): Promise<TestService> {
  const other = inject('s3Server');
  if (other !== undefined)
    return {
      settings: other,
      bucket: `${name}-${Date.now().toString(36)}`,
      isMinio: false,
      stop: async () => {},
    };
  const stack = await startTestStack({ worker: false });
  const { endpoint, region, accessKey, secretKey } = stack.state.s3;
  const settings = { endpoint, region, accessKey, secretKey };
  return { settings, bucket: name, isMinio: true, stop: () => stack.stop() };
}
