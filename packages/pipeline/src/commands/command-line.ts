import { printable } from '@atelier/text';
import { Command, InvalidArgumentError, type OptionValues } from 'commander';
import { addConfigurationFlags, addRetryFlags } from '../configuration/flags.ts';
import { addPictureFlags } from '../configuration/picture-flags.ts';
import { openConsole } from '../terminal/console.ts';

/** Every command with its flags and its help; the command's own code is loaded when it runs. */
export const program = new Command('atelier')
  .description('Trains, selects, evaluates and reports an image classifier as a durable workflow.')
  .version('0.1.0')
  .showHelpAfterError('(--help shows the options)')
  .enablePositionalOptions()
  .configureHelp({ minWidthToWrap: 24 })
  .configureOutput({ writeErr: (text) => process.stderr.write(printable(text)) })
  .exitOverride();

const json = [
  '--json',
  'print one JSON object as the last line; everything else to stderr',
] as const;
const initialise = [
  '--initialise <model>',
  "begin with this model's weights: a run, champion, or a .safetensors file",
] as const;
const quiet = (options: OptionValues) => openConsole(options.json === true);
const examples = (command: Command, lines: string): Command =>
  command.addHelpText('after', `\nExamples:\n${lines.replace(/^/gm, '  ')}`);
const count = (text: string): number => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('Expected a whole number, at least 1.');
};
const portNumber = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('Expected a port, 0 to 65535; 0 is any that is free.');
};
const countOrNone = (text: string): number => (text === '0' ? 0 : count(text));
/** A run as an argument or, as Nx forwards flags only, as an option. */
const withRun = (command: Command, which: string): Command =>
  command
    .argument('[run]', `run id; default: ${which}`)
    .option('--run <id>', 'the same, as an option');
const runOf = (argument: string | undefined, options: OptionValues): string | undefined =>
  argument ?? (options.run as string | undefined);

examples(
  addPictureFlags(
    addConfigurationFlags(
      program
        .command('start')
        .description('Start a run and follow it. Ctrl-C stops following, not the run.')
        .option('--seeds <list>', 'a run for each of these seeds, side by side: 1-5 or 1,2,7')
        .option(
          '--data <source>',
          'train on the pictures of this folder, which has a folder for each class, those that a table lists (.csv, .parquet) or holds (.parquet, or a folder of such), or arrays (.npz, .safetensors); also s3://bucket/prefix or https://…',
        )
        .option('--run <name>', 'name of the run; default: time and four letters')
        .option('--detach', 'do not follow the run')
        .option(
          '--fresh [stage]',
          'do the work of this stage, or of every stage, again although it is done',
        )
        .option(
          '--adopt <run>',
          'continue from the newest committed epoch of another run, or of the latest',
        )
        .option('--adoptEpoch <n>', 'continue from this epoch instead of the newest')
        .option(...initialise)
        .option(
          '--reference <run>',
          "compare with this run in the report, or with none (default: the dataset's published numbers)",
        )
        .option(...json),
    ),
    'with --data of pictures: ',
  ).action(async (options) =>
    options.seeds === undefined
      ? (await import('./start-command.ts')).start(options, quiet(options))
      : (await import('./start-seeds.ts')).startSeeds(options, quiet(options)),
  ),
  `atelier start
atelier start --epochs 3 --seed 7
atelier start --seeds 1-5
atelier start --config wide.yaml --run wide-1 --detach
atelier start --fresh train
atelier start --adopt 20260131-020000-k7wq --epochs 200 --learningRate 1e-4
atelier start --reference champion
atelier start --data photos --recipe cnn --initialise champion --freeze backbone
atelier start --data photos --size 32 --grey
atelier start --mirror file:///data/fashion-mnist --json | tail -1`,
);

examples(
  addPictureFlags(
    program
      .command('import')
      .description(
        'Make a dataset of a folder of pictures (PNG, JPEG, WebP, GIF or BMP, in a folder for each class, listed by a table .csv or .parquet, or in .parquet files) or of arrays (.npz, .safetensors).',
      )
      .argument(
        '<source>',
        'the folder, perhaps with train and test in it, or the file; also s3:// or https://',
      )
      .option('--out <file>', "the descriptor to write; default: the source's name with .json")
      .option('--force', 'accept a source that has changed as a new dataset')
      .option(...json),
  ).action(async (source, options) =>
    (await import('./import-command.ts')).importFrom(source, options, quiet(options)),
  ),
  `atelier import photos
atelier import mnist.npz
atelier import s3://bucket/photos
atelier import photos --size 48x64 --grey --fit contain --out datasets/photos.json`,
);

examples(
  program
    .command('new')
    .description('Write a file to begin with: a network of your own.')
    .addCommand(
      new Command('network')
        .description('Write a module with a network that trains as it is.')
        .argument('[file]', 'where to', 'network.ts')
        .action(async (file, _, command) =>
          (await import('./new-command.ts')).newNetwork(file, quiet(command.opts())),
        ),
    ),
  `atelier new network mine.ts
atelier start --network ./mine.ts --networkOptions width=128 --epochs 2`,
);

examples(
  withRun(program.command('follow'), 'the one started last')
    .description('Follow a run until it ends.')
    .option(...json)
    .action(async (run, options) =>
      (await import('./follow-command.ts')).follow(runOf(run, options), options, quiet(options)),
    ),
  `atelier follow
atelier follow 20260131-020000-k7wq`,
);

examples(
  withRun(program.command('cancel'), 'the only one that is going on')
    .description('Stop a run. What it committed stays.')
    .action(async (run, options) =>
      (await import('./decide-command.ts')).cancel(runOf(run, options), openConsole()),
    ),
  'atelier cancel 20260131-020000-k7wq',
);

examples(
  program
    .command('runs')
    .description('List runs, newest first.')
    .option('--limit <n>', 'how many runs', count, 20)
    .option('--status <list>', 'only these: failed,parked')
    .option('--dataset <name>', 'only runs on this dataset')
    .option('--since <time>', 'only runs started since: 2026-01-31, 7d, 12h')
    .option('--sort <by>', 'started, validation or test; the best first', 'started')
    .option('--rebuild', "make the list's index anew from the runs' records first")
    .option(...json)
    .action(async (options) => (await import('./runs-command.ts')).runs(options, quiet(options))),
  `atelier runs
atelier runs --status failed,parked --since 7d
atelier runs --sort test --limit 5
atelier runs --limit 100 --json`,
);

examples(
  withRun(program.command('show'), 'the one started last')
    .description('Show all that is known of a run on a page.')
    .option(...json)
    .action(async (run, options) =>
      (await import('./show-command.ts')).show(runOf(run, options), options, quiet(options)),
    ),
  `atelier show
atelier show 20260131-020000-k7wq --json`,
);

examples(
  withRun(program.command('open'), 'none: the page of all runs')
    .description('Show the page of runs, or the report of a run, in a browser.')
    .option('--no-browser', 'only say the address')
    .action(async (run, options) =>
      (await import('./open-command.ts')).open(runOf(run, options), options, openConsole()),
    ),
  `atelier open
atelier open latest
atelier open 20260131-020000-k7wq --no-browser`,
);

examples(
  program
    .command('compare')
    .description('Say how two runs differ, and whether one is better by more than chance.')
    .argument(
      '<a>',
      'run id, tag or champion; several between commas, of which each has another seed',
    )
    .argument(
      '<b>',
      'what to compare with: the same, or `reference`: what the report of <a> compares with',
    )
    .option('--html <file>', 'write a page with all of it, the curves and the images')
    .option(...json)
    .action(async (a, b, options) =>
      (await import('./compare-command.ts')).compare(a, b, options, quiet(options)),
    ),
  `atelier compare latest champion
atelier compare latest reference
atelier compare wide slim --html compared.html
atelier compare wide-seed1,wide-seed2,wide-seed3 slim-seed1,slim-seed2,slim-seed3`,
);

const reason = ['--reason <text>', 'why, for the log'] as const;
/** Of which registry a command speaks. */
const withRegistry = (command: Command): Command =>
  command
    .option('--name <name>', 'under which name it is in use (default: champion)')
    .option('--dataset <name>', 'for which dataset; default: the only one that has one');

examples(
  withRegistry(program.command('champion'))
    .description('Show which model is in use, how good it is, since when and why.')
    .option(...json)
    .action(async (options) =>
      (await import('./champion-command.ts')).champion(options, quiet(options)),
    ),
  `atelier champion
atelier champion --dataset fashion-mnist --json`,
);

examples(
  withRegistry(program.command('history'))
    .description('List what was decided about which model is in use, newest first.')
    .option('--limit <n>', 'how many decisions', count, 20)
    .option(...json)
    .action(async (options) =>
      (await import('./champion-command.ts')).history(options, quiet(options)),
    ),
  `atelier history
atelier history --limit 100 --json`,
);

examples(
  withRun(program.command('promote'), 'none: it has to be named')
    .description("Put a finished run's model in use.")
    .requiredOption(...reason)
    .option('--name <name>', 'under which name it is in use (default: champion)')
    .option(...json)
    .action(async (run, options) =>
      (await import('./promote-command.ts')).promote(runOf(run, options), options, quiet(options)),
    ),
  'atelier promote 20260131-020000-k7wq --reason "0.4 points better on the same images"',
);

examples(
  withRegistry(program.command('rollback'))
    .description('Put the model in use again that was in use before.')
    .requiredOption(...reason)
    .option('--to <n>', 'as after this decision; default: before the last change', count)
    .option(...json)
    .action(async (options) =>
      (await import('./promote-command.ts')).rollback(options, quiet(options)),
    ),
  `atelier rollback --reason "wrong labels in the new data"
atelier rollback --to 7 --reason "known to be good"`,
);

examples(
  program
    .command('tag')
    .description('Give a run a name to know it by; it moves if another run has it.')
    .argument('<run>', 'run id or tag')
    .argument('<name>', 'the tag, which other commands take in the place of the run')
    .action(async (run, name) => (await import('./tag-command.ts')).tag(run, name, openConsole())),
  `atelier tag 20260131-020000-k7wq best
atelier fetch best`,
);

program
  .command('untag')
  .description('Take a tag away from the run that has it.')
  .argument('<name>', 'the tag')
  .action(async (name) => (await import('./tag-command.ts')).untag(name, openConsole()));

examples(
  program
    .command('note')
    .description('Write something about a run into its record.')
    .argument('<run>', 'run id or tag')
    .argument('<text>', 'what there is to say')
    .action(async (run, text) => (await import('./tag-command.ts')).note(run, text, openConsole())),
  'atelier note best "the network of the paper, with dropout 0.2"',
);

examples(
  withRun(program.command('fetch'), 'the finished one that was started last')
    .description("Bring a run's report, model and data out of object storage.")
    .option('--out <dir>', 'folder to write to; default: one named after the run')
    .option('--force', 'replace files of other content that stand there')
    .option('--verify <key>', 'refuse a run that the owner of this public key has not signed')
    .option(...json)
    .action(async (run, options) =>
      (await import('./fetch-command.ts')).fetchRun(runOf(run, options), options, quiet(options)),
    ),
  `atelier fetch --out out
atelier fetch --out out --force
atelier fetch 20260131-020000-k7wq`,
);

examples(
  withRun(program.command('export'), 'the finished one that was started last')
    .description(
      "Write a run's model in a form that other programs take, from raw pixels to probabilities.",
    )
    .requiredOption(
      '--format <name>',
      'onnx, savedmodel, tfjs, pytorch, safetensors, or js: a module without dependencies',
    )
    .option('--out <path>', 'where to write it; default: named after the run')
    .option('--force', 'replace a file of other content that stands there')
    .option(...json)
    .action(async (run, options) =>
      (await import('./export-command.ts')).exportModel(
        runOf(run, options),
        options as { format: string },
        quiet(options),
      ),
    ),
  `atelier export --format onnx
atelier export champion --format js --out site/classifier.mjs
atelier export champion:fashion-mnist --format onnx --force`,
);

examples(
  program
    .command('predict')
    .description("Say what a run's model takes pictures for.")
    .argument('<run>', 'run id, tag, champion or latest')
    .argument('<pictures...>', 'PNG, JPEG, WebP, GIF or BMP files, or folders of them')
    .option('--top <n>', 'how many classes of each, the most probable first', count, 3)
    .option(...json)
    .action(async (run, pictures, options) =>
      (await import('./predict-command.ts')).predictPictures(
        run,
        pictures,
        options,
        quiet(options),
      ),
    ),
  `atelier predict champion shoe.jpg
atelier predict 20260131-020000-k7wq photos --top 1
atelier predict latest photos --json | tail -1`,
);

examples(
  program
    .command('serve')
    .description(
      "Answer over HTTP what a run's model takes pictures for; of `champion`, whichever is in use.",
    )
    .argument('[run]', 'run id, tag, champion or latest', 'champion')
    .option('--host <address>', 'where to listen; by default this machine alone', '127.0.0.1')
    .option('--port <n>', 'the port; 0 is any that is free', portNumber, 8780)
    .option('--json', 'print address and run as one JSON object; everything else to stderr')
    .action(async (run, options) =>
      (await import('./serve-command.ts')).serve(run, options, quiet(options)),
    ),
  `atelier serve
atelier serve champion:fashion-mnist --port 8080
atelier serve 20260131-020000-k7wq --host 0.0.0.0
curl -H 'Content-Type: image/jpeg' --data-binary @shoe.jpg 'http://127.0.0.1:8780/predict?top=3'`,
);

examples(
  withRun(program.command('sign'), 'none: it has to be named')
    .description("Sign a finished run, its model and its provenance with a key of one's own.")
    .requiredOption('--key <file>', 'the private key, ed25519 in PEM form')
    .option('--new-key', 'make the key first, and FILE.pub beside it')
    .action(async (run, options) =>
      (await import('./sign-command.ts')).sign(runOf(run, options), options, openConsole()),
    ),
  `atelier sign 20260131-020000-k7wq --key me.pem --new-key
atelier sign 20260131-020000-k7wq --key me.pem`,
);

examples(
  withRun(program.command('verify'), 'every run; with --key the finished one that was started last')
    .description(
      'Read all that runs need, or one run, and name what is damaged; with --key, check who has signed a run, or a folder that `fetch` has written.',
    )
    .option('--key <file>', 'the public key of who has to have signed it')
    .option(...json)
    .action(async (target, options) =>
      (await import('./verify-command.ts')).verify(target, options, quiet(options)),
    ),
  `atelier verify
atelier verify 20260131-020000-k7wq
atelier verify 20260131-020000-k7wq --key me.pem.pub
atelier verify ./out --key me.pem.pub`,
);

examples(
  program
    .command('du')
    .description('Say what is stored: for which run, of which stage, and for none.')
    .option('--limit <n>', 'how many runs', count, 20)
    .option(...json)
    .action(async (options) => (await import('./du-command.ts')).du(options, quiet(options))),
  `atelier du
atelier du --json`,
);

examples(
  withRun(program.command('rm'), 'none: it has to be named')
    .description('Say what removing a run would free; with --yes remove it.')
    .option('--yes', 'remove it')
    .option(...json)
    .action(async (run, options) =>
      (await import('./prune-command.ts')).rm(runOf(run, options), options, quiet(options)),
    ),
  `atelier rm 20260131-020000-k7wq
atelier rm 20260131-020000-k7wq --yes`,
);

examples(
  program
    .command('prune')
    .description('Say what old runs take, and what no run needs; with --yes remove it.')
    .option('--keep-last <n>', 'keep so many of the newest runs (default: 30)', count)
    .option('--keep-days <n>', 'keep runs of so many days, 0 for none (default: 90)', countOrNone)
    .option('--yes', 'remove it')
    .option('--weekly [fields]', 'remove it every week, by a cron (default: 0 6 * * 0)')
    .option(...json)
    .action(async (options) =>
      options.weekly === undefined
        ? (await import('./prune-command.ts')).prune(options, quiet(options))
        : (await import('./weekly-prune.ts')).weeklyPrune(options, quiet(options)),
    ),
  `atelier prune
atelier prune --keep-last 30 --keep-days 90 --yes
atelier prune --keep-last 100 --weekly`,
);

examples(
  addRetryFlags(
    withRun(program.command('retry'), 'the only parked one')
      .description('Try the failed stage of a parked run again, and follow the run.')
      .option('--stage <name>', 'refuse unless this stage is parked'),
  )
    .option('--detach', 'do not follow the run')
    .option(...json)
    .action(async (run, options) =>
      (await import('./decide-command.ts')).retry(runOf(run, options), options, quiet(options)),
    ),
  `atelier retry
atelier retry --stage evaluate --evaluationBatch 100
atelier retry 20260131-020000-k7wq --mirror https://example.org/fashion-mnist`,
);

examples(
  withRun(program.command('abort'), 'the only parked one')
    .description('End a parked run. What it committed stays.')
    .option('--reason <text>', "why, for the run's history", 'no reason given')
    .action(async (run, options) =>
      (await import('./decide-command.ts')).abort(
        runOf(run, options),
        options.reason,
        openConsole(),
      ),
    ),
  'atelier abort 20260131-020000-k7wq --reason "wrong dataset"',
);

for (const [verb, description] of [
  ['approve', 'Put the model in use that waits for approval (gate.hold), and follow the run.'],
  ['reject', 'Hold the model that waits for approval (gate.hold), and follow the run.'],
] as const)
  examples(
    withRun(program.command(verb), 'the only parked one')
      .description(description)
      .requiredOption('--reason <text>', 'why, for the log of decisions')
      .option(...json)
      .action(async (run, options) =>
        (await import('./answer-command.ts')).answer(
          verb,
          runOf(run, options),
          options as { reason: string },
          quiet(options),
        ),
      ),
    `atelier ${verb} 20260131-020000-k7wq --reason "${verb === 'approve' ? 'looked through its mistakes' : 'the labels are in doubt'}"`,
  );

examples(
  addConfigurationFlags(
    program
      .command('schedule')
      .description(
        'Train every night, with another seed each time unless one is set. Of a schedule that there is, changes what is given.',
      )
      .option('--name <name>', 'which schedule; its runs are called after it (default: nightly)')
      .option('--cron <fields>', 'when to train: five fields, or @daily (default: 30 4 * * *)')
      .option('--timezone <name>', "time zone of the cron fields (default: this machine's)")
      .option(
        '--whenParked <what>',
        'what a night does that waits for a person: next-night, it fails when the next is due; wait; or hours such as 36h (default: next-night)',
      )
      .option(...initialise)
      .option(
        '--reference <run>',
        'compare with this run in the reports, as it is now, or with none (default: the published numbers)',
      )
      .option('--show', 'show the next nights and what came of the last ones; change nothing')
      .option('--pause', 'start no runs until --resume')
      .option('--resume', 'start runs again')
      .option('--trigger', 'start a run now')
      .option('--backfill <days...>', 'make up for nights without a run, from a day to a day')
      .option(...json),
  ).action(async (options) =>
    (await import('./schedule-verbs.ts')).scheduleVerb(options, quiet(options)),
  ),
  `atelier schedule
atelier schedule --cron "30 4 * * 1-5" --timezone Europe/Berlin --epochs 60
atelier schedule --name weekly --cron "0 5 * * 0" --epochs 300 --whenParked 36h
atelier schedule --show
atelier schedule --backfill 2026-11-20 2026-11-26`,
);

examples(
  withRun(program.command('accept'), 'none: it has to be named')
    .description(
      'Accept the data that a run found at its source, where it was refused as too different.',
    )
    .action(async (run, options) =>
      (await import('./accept-command.ts')).accept(runOf(run, options), openConsole()),
    ),
  'atelier accept nightly-2026-11-27T04:30:00Z',
);

program
  .command('unschedule')
  .description('Stop training every night.')
  .option('--name <name>', 'which schedule (default: nightly)')
  .action(async (options) =>
    (await import('./steer-schedule.ts')).unschedule(options, openConsole()),
  );

examples(
  program
    .command('up')
    .description('Start the local stack: Temporal, MinIO and a worker.')
    .option(
      '--metrics <address>',
      'let the worker serve metrics to Prometheus there, 127.0.0.1:9464, now and whenever it starts; or off',
    )
    .action(async ({ metrics }) =>
      (await import('./stack-commands.ts')).up(metrics, openConsole()),
    ),
  `atelier up
atelier up --metrics 127.0.0.1:9464
atelier up --metrics off`,
);

program
  .command('down')
  .description('Stop the local stack. Nothing is lost: runs go on when it is up again.')
  .action(async () => (await import('./stack-commands.ts')).down(openConsole()));

const service = program
  .command('service')
  .description('Have systemd start the local stack when this machine starts.');
service
  .command('install')
  .description('Write the unit, enable and start it.')
  .action(async () => (await import('./service-command.ts')).install(openConsole()));
service
  .command('uninstall')
  .description('Stop the stack and remove the unit.')
  .action(async () => (await import('./service-command.ts')).uninstall(openConsole()));
service
  .command('status')
  .description('Show whether the stack is started at boot.')
  .option(...json)
  .action(async (options) =>
    (await import('./service-command.ts')).serviceStatus(options.json === true, quiet(options)),
  );

program
  .command('status')
  .description('Show which parts of the local stack run, and where.')
  .option(...json)
  .action(async (options) =>
    (await import('./stack-commands.ts')).status(options.json === true, quiet(options)),
  );

examples(
  program
    .command('logs')
    .description("Show the local stack's logs.")
    .argument('[service]', 'supervisor, temporal, minio or worker; default: all')
    .option('--follow', 'go on showing new lines')
    .option('--lines <n>', 'how many lines of each service', count, 50)
    .action(async (service, options) =>
      (await import('./stack-commands.ts')).logs(service, options, openConsole()),
    ),
  'atelier logs worker --follow',
);

program
  .command('doctor')
  .description('Check everything that Atelier needs, and say how to mend what is missing.')
  .action(async () => (await import('./stack-commands.ts')).doctor(openConsole()));

examples(
  program
    .command('worker')
    .description(
      'Serve task queues in the foreground, e.g. training alone on a machine with a GPU.',
    )
    .option('--roles <names>', 'pipeline, train or both', 'pipeline,train')
    .option('--metrics <address>', 'serve metrics to Prometheus there: 127.0.0.1:9464')
    .action(async ({ roles, metrics }) =>
      (await import('./stack-commands.ts')).worker(roles, metrics),
    ),
  `TEMPORAL_ADDRESS=host:7233 ATELIER_S3_ENDPOINT=https://s3.example.org atelier worker --roles train
atelier worker --metrics 127.0.0.1:9464`,
);
