import { faults } from './cells.ts';
import type { Kind } from './experiment.ts';
import { gateVictims } from './gate-cells.ts';
import { gateMoments } from './gate-moments.ts';
import { type Moment, moments } from './moments.ts';
import { pruneVictims } from './prune-cells.ts';
import { pruneMoments } from './prune-moments.ts';
import { registryStrikes } from './registry-cells.ts';
import { registryMoments } from './registry-moments.ts';
import type { CellResult } from './run-cell.ts';
import type { Matrix } from './run-matrix.ts';
import { type Victim, victims } from './victims.ts';

/** In docs/, of each kind of network. */
export const pages: Record<Kind, string> = { mlp: 'crash-matrix.md', cnn: 'crash-matrix-cnn.md' };

/**
 * The page of a kind of network. What a table shows, says that of the fully connected one.
 * @param minutes that the whole matrix took
 */
export function formatMatrix(matrix: Matrix, minutes: number, kind: Kind): string {
  const { undisturbed, results, skipped } = matrix;
  const byName = new Map(results.map((result) => [result.name, result]));
  const failed = results.filter(({ problem }) => problem !== undefined);
  const verdict =
    failed.length === 0
      ? `All ${results.length} cells passed: every run ended with the digests of an undisturbed one, none with the help of a person.`
      : `**${failed.length} of ${results.length} cells failed.**`;
  const isFirst = kind === 'mlp';
  const told = (text: string): string => (isFirst ? `${text}\n\n` : '');
  return `${isFirst ? matrixIntroduction : cnnIntroduction}

## Result

${verdict}

${recovery(results)}

${sentence(matrix, minutes)}

## Kills

Seconds from the start of the run to its end; undisturbed, it took ${seconds(undisturbed)}.
They vary with what else the machine does meanwhile; the digests do not.
Training is killed at its hardest moments, too: \`upload\`, and \`commit\`, between an epoch's blob and
its record. \`promotion\` is the move of a pointer by compare-and-swap. A trainer can be killed only
while it lives.

${killTable(byName)}

## Kills of a removal

${told(`A process removes a finished run, with no hour of grace. At the moment, another run of the same
configuration is started, which takes the same work for its own, and the victim is killed; the
process that removes stands still meanwhile. Then a second removal takes over. Passes where the run
ends like an undisturbed one, all that it needs is there, byte for byte, and of the removed run and
what nobody needs nothing is. Seconds until all of that is over.`)}${pruneTable(byName)}

## Kills of a decision

${told(`\`atelier promote\` or \`atelier rollback\` puts another model in use. At the moment the command itself
is killed, or MinIO, or all; or the store does what it is asked for and its answers are lost for 2 s.
Then one looks which model is in use, and gives the command again where it is the old one; where it
is the new one, a worker that starts makes up for what was left undone. Passes where at either time
one model is read as the champion and can be fetched, the log has each decision once, one following
from the other, and in the end the pointer and the files at the address that stays are the log's.
Seconds until all of that is over.`)}${registryTable(byName)}

## Kills of a gate

${told(`A run with \`promote\` decides about its model, in the place of one that was hardly trained: the stages
before that one take the work of an earlier run, and are not what is tried. At the moment one is
killed, or the store's answers are lost for 2 s. Passes where the run ends by itself and a webhook is
told; where the log has one decision of it, with the evidence, the sentence and the report of a run
that nothing befell; where run.json and the index say that sentence; where the pointer and the files
at the address that stays are the log's; and where the run did nothing but decide itself. Seconds from
the start of the run to its end.`)}${gateTable(byName)}

## Faults

${table(
  ['what happens', 'when', 'seconds'],
  faults.flatMap(({ name, title, moment }) => {
    const result = byName.get(name);
    return result
      ? [[title ?? name, moment ? `\`${moment.name}\`` : 'from the start', shown(result)]]
      : [];
  }),
)}
${skipped.map(({ name, why }) => `\nNot tried here: \`${name}\`, because ${why}.\n`).join('')}${failed
  .map(({ name, problem }) => `\nFailed: \`${name}\`: ${problem}.\n`)
  .join('')}`;
}

const matrixIntroduction = `# The crash matrix

Every cell is a whole run on real services (supervisor, Temporal, MinIO, worker, trainer), from an
empty bucket and empty caches, to which something happens at an exact moment. A proxy between worker
and store sees every request, so that the moment is met without a hook in the code that is tested;
the request waits until the victim is dead. A cell passes when

- the moment came, and what was to be killed died of SIGKILL;
- the run finished by itself, without a person, and no trainer was left behind;
- no stage was taken from another run;
- a webhook, which refuses every message when it comes for the first time, was told of its end, and
  no message is left;
- its artifacts of the stages data, train, select and evaluate, the checkpoint of every epoch, and
  every number of report.json but wall times are those of an undisturbed run, digest for digest.

After the supervisor was killed, alone or with all the others, \`atelier up\` is run, as a boot script
would.

    npx nx run pipeline:crash-matrix                       # all; writes this page
    npx nx run pipeline:crash-matrix --only worker/        # cells whose names contain it
    npx nx run pipeline:crash-matrix --lanes 4 --record F  # four at once; a later call with F adds to it
    npx nx run pipeline:crash-matrix --architecture cnn    # of a convolutional network; writes a page of its own

A part of it runs in \`npm test\`. [The same of a convolutional network](crash-matrix-cnn.md) is a page of its own.`;

const cnnIntroduction = `# The crash matrix of a convolutional network

Every cell of [the crash matrix](crash-matrix.md), of runs that train a convolutional network (\`filters\` 8 and 16,
ReLU, 2,000 pictures, 8 epochs). A cell passes by the conditions that stand there, the digests of every epoch's
checkpoint among them.

    npx nx run pipeline:crash-matrix --architecture cnn`;

function sentence({ undisturbed, versions }: Matrix, minutes: number): string {
  const { environment } = undisturbed.outcome!.report as {
    environment: { deviceName: string; cores: number; node: string; tensorflow: string };
  };
  const { deviceName, cores, node, tensorflow } = environment;
  const date = new Date().toISOString().slice(0, 10);
  return `Measured on ${date} in ${minutes.toFixed(0)} minutes on ${cores} cores of ${deviceName}; Node ${node}, TensorFlow ${tensorflow}, ${versions.join(', ')}.`;
}

function recovery(results: readonly CellResult[]): string {
  const after = (victim: Victim): string => {
    const times = results.flatMap(({ name, recoverySeconds }) =>
      name.startsWith(`${victim}/`) && recoverySeconds !== undefined ? [recoverySeconds] : [],
    );
    const longest = Math.max(...times).toFixed(1);
    return `at most ${longest} s, median ${median(times).toFixed(1)} s (${times.length} kills)`;
  };
  return `From the kill to the next epoch that is committed, new process, new trainer and the compilation
of its program included: of the worker ${after('worker')}; of all ${after('all')}.`;
}

function killTable(results: ReadonlyMap<string, CellResult>): string {
  const tried = moments.filter(({ name }) => victims.some((v) => results.has(`${v}/${name}`)));
  return momentTable(results, tried, victims, (victim) => victim);
}

function pruneTable(results: ReadonlyMap<string, CellResult>): string {
  return momentTable(results, pruneMoments, pruneVictims, (victim) => `prune-${victim}`);
}

function registryTable(results: ReadonlyMap<string, CellResult>): string {
  return momentTable(results, registryMoments, registryStrikes, (strike) => strike);
}

function gateTable(results: ReadonlyMap<string, CellResult>): string {
  return momentTable(results, gateMoments, gateVictims, (victim) => `gate-${victim}`);
}

/** @param what of `<what>/<moment>`, from a column's header */
function momentTable(
  results: ReadonlyMap<string, CellResult>,
  moments: readonly Moment[],
  columns: readonly string[],
  what: (column: string) => string,
): string {
  const row = ({ name, title }: Moment): string[] => [
    `\`${name}\`: ${title}`,
    ...columns.map((column) => shown(results.get(`${what(column)}/${name}`))),
  ];
  return table(['moment', ...columns], moments.map(row));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const seconds = (result: CellResult): string => `${result.seconds.toFixed(1)} s`;

function shown(result: CellResult | undefined): string {
  if (result === undefined) return '';
  return result.problem === undefined ? result.seconds.toFixed(1) : 'failed';
}

function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  const rule = header.map((title) => (texts.includes(title) ? '---' : '--:'));
  return [header, rule, ...rows].map(line).join('\n');
}

const texts = ['moment', 'what happens', 'when'];
