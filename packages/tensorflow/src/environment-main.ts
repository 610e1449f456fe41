import { describeEnvironment } from './describe-environment.ts';

// The library may have begun a line of its own.
process.stdout.write(`\n${JSON.stringify(describeEnvironment())}\n`);
