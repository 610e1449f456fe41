import { CommanderError } from 'commander';
import { program } from './commands/command-line.ts';
import { columnsOf } from './terminal/console.ts';
import { endWhenUnread, exitCodes, explainError } from './terminal/exit.ts';
import { wrap } from './terminal/text.ts';

const names = program.commands.map((command) => command.name());

/**
 * Help about a command that does not exist would be the help of the whole program, and a success:
 * the command alone is the error that it is.
 */
function unmasked(argv: readonly string[]): readonly string[] {
  // Flags before a command are the program's own, which take no value.
  const [first, second] = argv.filter((word) => !word.startsWith('-'));
  const name = first === 'help' ? second : first;
  const known = name === undefined || ['help', ...names].includes(name);
  return known ? argv : [name];
}

/** Runs the program and ends the process: never with a stack trace. */
export async function main(argv: readonly string[]): Promise<never> {
  endWhenUnread();
  try {
    await program.parseAsync(unmasked(argv), { from: 'user' });
    process.exit(exitCodes.ok);
  } catch (error) {
    const columns = columnsOf(process.stderr);
    if (error instanceof CommanderError) {
      if (error.code === 'commander.unknownCommand')
        process.stderr.write(`${wrap(`Commands: ${names.join(', ')}`, columns)}\n`);
      process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
    }
    const { message, exitCode } = explainError(error);
    // Takes the status line away, if one is shown.
    const clear = process.stderr.isTTY ? '\r\x1b[2K' : '';
    process.stderr.write(`${clear}${wrap(message, columns)}\n`);
    process.exit(exitCode);
  }
}
