import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { toolVariables } from '@atelier/environment';
import { WorldError } from '@atelier/errors';

/** What a contender's program is given, as JSON. */
export interface Work {
  /** Of a repetition, unless the program chooses for itself. */
  steps: number;
}

/** A program that takes a workload and computes repetitions of it when told to. */
export interface Program {
  command: string;
  /** The workload, as JSON, goes between them and `variant`. */
  arguments: readonly string[];
  variant: string;
  environment?: Record<string, string>;
}

export type Versions = Record<string, string>;

/** What a program says when it is ready to be measured. */
export interface Ready {
  versions: Versions;
  /** Where the program chose by itself how many steps it makes in a repetition. */
  steps?: number;
  /** From the beginning of the first step to its end, what it compiles included. */
  secondsToFirstStep?: number;
  /** Of the first steps. */
  losses?: number[];
}

type Answer = Ready | { milliseconds: number };

const root = fileURLToPath(new URL('..', import.meta.url));
const keptLines = 20;

/**
 * A process that is kept alive, so that measurements of several can be interleaved without their
 * start-up; it sleeps while it is not asked. Its answers come over file descriptor 3.
 */
export class Contender {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #printed: string[] = [];
  #steps: number;
  #ready: Ready = { versions: {} };

  private constructor(name: string, program: Program, workload: Work) {
    this.name = name;
    this.#steps = workload.steps;
    this.#child = spawn(
      program.command,
      [...program.arguments, JSON.stringify(workload), program.variant],
      {
        cwd: root,
        env: toolVariables(program.environment ?? {}),
        stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      },
    );
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      createInterface({ input: stream }).on('line', (line) => {
        this.#printed.push(line);
        if (this.#printed.length > keptLines) this.#printed.shift();
      });
    // A child that died is reported when its answer is missing.
    for (const emitter of [this.#child, this.#child.stdin!]) emitter.on('error', () => {});
    const lines = createInterface({ input: this.#child.stdio[3] as Readable });
    this.#answers = lines[Symbol.asyncIterator]();
  }

  /** Resolves when the program has compiled what it compiles and is ready to be measured. */
  static async start(name: string, program: Program, workload: Work): Promise<Contender> {
    const contender = new Contender(name, program, workload);
    const answer = await contender.#answer();
    if ('versions' in answer) {
      contender.#ready = answer;
      contender.#steps = answer.steps ?? workload.steps;
    }
    return contender;
  }

  /** What the program said when it was ready; `versions`: what it computes with, by name. */
  get ready(): Ready {
    return this.#ready;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @returns milliseconds per step */
  async repetition(): Promise<number> {
    (this.#child.stdin as Writable).write('\n');
    const answer = await this.#answer();
    return 'milliseconds' in answer ? answer.milliseconds / this.#steps : Number.NaN;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #answer(): Promise<Answer> {
    const { value, done } = await this.#answers.next();
    if (done !== true) return JSON.parse(value) as Answer;
    throw new WorldError({
      what: `The benchmark's contender "${this.name}" died.`,
      found: `its last output:\n${this.#printed.join('\n') || '(none)'}`,
    });
  }
}
