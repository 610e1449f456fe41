import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '@atelier/files';
import { runChild } from '@atelier/subprocess';
import type { Fault } from './execute.ts';
import {
  type ChildFinding,
  type ChildMessage,
  type ChildRequest,
  currentFile,
  inputFile,
} from './protocol.ts';

export interface FuzzOptions {
  seed: number;
  /** How many inputs each target gets; or for how long they get some. */
  budget: { executions: number } | { minutes: number };
  /** Targets whose names contain one of these; all where there are none. */
  only?: readonly string[] | undefined;
  /** Where the inputs of findings are written. */
  folder: string;
  onFinding?: (finding: Finding) => void;
}

interface Finding extends Fault {
  target: string;
  index: number;
  /** The input. */
  path: string;
}

export interface FuzzResult {
  /** Inputs by target. */
  counts: Record<string, number>;
  /** Blocks of code that were reached, Node's own left out. */
  blocks: number;
  seconds: number;
  findings: Finding[];
  /** Findings like one that is listed. */
  alike: number;
}

/** No decoder gets near it; a machine under load may come near a second. */
const hangSeconds = 20;
const mostMemory = 2 * 2 ** 30;

/**
 * Lets every decoder of foreign bytes read inputs that are nearly what it expects, in a child
 * process; where that dies, or has to be killed, another one goes on after the input that did it.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, budget, only, onFinding = () => {} } = options;
  const scratch = await mkdtemp(join(tmpdir(), 'atelier-fuzz-'));
  const began = Date.now();
  try {
    const counts: Record<string, number> = {};
    const findings: Finding[] = [];
    const kinds = new Set<string>();
    let alike = 0;
    let blocks = 0;
    const found = async ({ input, ...finding }: ChildFinding) => {
      const kind = `${finding.target} ${finding.kind} ${finding.detail.replace(/\d+/g, 'n')}`;
      if (kinds.has(kind)) {
        alike += 1;
        return;
      }
      kinds.add(kind);
      const path = join(options.folder, `${finding.target}-${seed}-${finding.index}`);
      await writeWhole(path, input);
      findings.push({ ...finding, path });
      onFinding({ ...finding, path });
    };
    const request: ChildRequest = {
      ...{ seed, only, counts, skip: [], scratch },
      ...('executions' in budget
        ? { executions: budget.executions }
        : { deadline: began + 60_000 * budget.minutes }),
    };
    for (let isOver = false; !isOver; ) {
      const end = await runOneChild(request, async (message) => {
        if ('finding' in message) return found(message.finding);
        Object.assign(counts, message.counts);
        blocks = Math.max(blocks, message.blocks);
      });
      if (end === undefined) isOver = true;
      else {
        request.skip.push(`${end.target}/${end.index}`);
        await found(end);
      }
    }
    return { counts, blocks, seconds: (Date.now() - began) / 1000, findings, alike };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Resolves to how the child died, and over which input; undefined where it came to its end. */
async function runOneChild(
  input: ChildRequest,
  onMessage: (message: ChildMessage) => Promise<void>,
): Promise<ChildFinding | undefined> {
  const controller = new AbortController();
  const file = currentFile(input.scratch);
  const look = setInterval(async () => {
    const problem = await problemWith(file).catch(() => undefined);
    if (problem !== undefined) controller.abort(new Error(problem));
  }, 250);
  try {
    await rm(file, { force: true });
    await runChild<ChildRequest, ChildMessage, void>({
      entry: new URL('./fuzz-child.ts', import.meta.url),
      name: 'The fuzzer',
      input,
      onMessage,
      signal: controller.signal,
      graceMilliseconds: 0,
    });
    return undefined;
  } catch (error) {
    const at = await currentOf(file).catch(() => undefined);
    if (at === undefined) throw error;
    const bytes = await readFile(inputFile(input.scratch));
    return {
      ...{ kind: 'death', detail: (error as Error).message },
      ...{ target: at.target, index: at.index, input: bytes },
    };
  } finally {
    clearInterval(look);
  }
}

const currentOf = async (file: string) =>
  JSON.parse(await readFile(file, 'utf8')) as { pid: number; target: string; index: number };

/** Why a child should be killed, if it should. */
async function problemWith(file: string): Promise<string | undefined> {
  const { mtimeMs } = await stat(file);
  if (Date.now() - mtimeMs > 1000 * hangSeconds) return `it took more than ${hangSeconds} s`;
  const { pid } = await currentOf(file);
  const status = await readFile(`/proc/${pid}/status`, 'latin1');
  const bytes = 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return bytes > mostMemory ? `it took more than ${mostMemory / 2 ** 30} GiB` : undefined;
}
