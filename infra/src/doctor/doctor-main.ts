import { readEnvironment } from '@atelier/environment';
import { UserError } from '@atelier/errors';
import { endWhenUnread } from '@atelier/processes';
import { formatSection, runDoctor } from './run-doctor.ts';

endWhenUnread();

/** Prints every check as it is made; exit code 1 when one has failed. */
try {
  for await (const section of runDoctor(readEnvironment())) {
    process.stdout.write(`${formatSection(section)}\n\n`);
    if (section.checks.some(({ status }) => status === 'failed')) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
