import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { processVariables } from './packages/environment/src/variables.mjs';

// For tests of a package that reads no environment.
const variables = processVariables();
const mirror = variables.ATELIER_DATASET_MIRROR;
/** Another S3 server to try packages/artifacts with, see docs/operations.md. */
const s3Server = variables.ATELIER_TEST_S3_ENDPOINT && {
  endpoint: variables.ATELIER_TEST_S3_ENDPOINT,
  region: variables.ATELIER_TEST_S3_REGION ?? 'us-east-1',
  accessKey: variables.ATELIER_TEST_S3_ACCESS_KEY ?? '',
  secretKey: variables.ATELIER_TEST_S3_SECRET_KEY ?? '',
};

const shared = {
  pool: 'forks' as const,
  environment: 'node' as const,
  // libtensorflow tells of every model that it loads.
  env: { TF_CPP_MIN_LOG_LEVEL: '3' },
};

/** Files that take half a minute and more, the longest first. */
const long = `train/src/train graph/src/random-programs
  pipeline/test/interrupted pipeline/test/whole-pipeline pipeline/test/bad-input pipeline/test/endings
  pipeline/test/resume pipeline/test/year pipeline/test/steering pipeline/test/reading pipeline/test/seeds
  pipeline/test/shards pipeline/test/own-network pipeline/test/crash-matrix pipeline/test/proxies
  pipeline/test/adopt-other-data report/test/report.browser pipeline/test/fuzz pipeline/test/detach
  pipeline/test/recorded train/test/run-training pipeline/test/adopt train/test/default-recipe
  pipeline/test/initialise graph/test/tarball`.split(/\s+/);

const rank = ({ moduleId }: TestSpecification): number => {
  const found = long.findIndex((name) => moduleId.endsWith(`/packages/${name}.test.ts`));
  return found < 0 ? long.length : found;
};

/** Else, before it knows how long they take, vitest begins with the largest and waits for the last. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          // A process of its own for each of 140 files is half of what they take. They share one, and
          // with it the modules: what a test changes there, it changes back.
          isolate: false,
          // One for each core: left to vitest, a machine of two cores would use one.
          maxWorkers: availableParallelism(),
          // Compiling a training step takes seconds of both cores, and test files share them.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: [
            'packages/*/src/**/*.test.ts',
            'infra/src/**/*.test.ts',
            'benchmarks/src/**/*.test.ts',
          ],
        },
      },
      {
        // Real Temporal, MinIO and libtensorflow. Every file has a stack of its own, and waits for
        // timeouts and pauses much of its time: it takes four files to keep two cores busy.
        test: {
          ...shared,
          name: 'integration',
          // As of unit tests: what a file leaves behind, it takes away.
          isolate: false,
          provide: {
            ...(mirror?.startsWith('file:///') && { fashionMnistFolder: fileURLToPath(mirror) }),
            ...(s3Server && { s3Server }),
          },
          include: ['packages/*/test/**/*.test.ts', 'infra/test/**/*.test.ts'],
          maxWorkers: 4,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
