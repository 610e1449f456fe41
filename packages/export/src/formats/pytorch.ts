import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { UserError, WorldError } from '@atelier/errors';
import type { ExportFormat } from './format.ts';
import { pytorchModule } from './pytorch-module.ts';
import { encodeWeights } from './safetensors.ts';

const script = fileURLToPath(new URL('./read_pytorch.py', import.meta.url));

/** Seconds: the first answer comes when torch is imported, which a slow disk takes long for. */
const patience = 300;

export const pytorch: ExportFormat = {
  suffix: '-pytorch',
  about:
    "a folder: model.py, a module that needs torch alone, and weights.safetensors; `model.load()` gives an nn.Module that takes pixels (uint8, [n, height, width, channels]) and gives probabilities (float32, [n, classes]); the classes' names are `model.classes`",
  encode: (model) => ({
    'model.py': Buffer.from(pytorchModule(model)),
    'weights.safetensors': encodeWeights(model),
  }),
  async read(path, _shape, python) {
    const child = spawn(python, ['-B', script, path]);
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    let complaint = '';
    // Both come when all that it said has been read.
    const ended = new Promise<void>((resolve) => {
      child.on('close', () => resolve());
      child.on('error', ({ message }) => {
        complaint = message;
        resolve();
      });
    });
    child.stderr.on('data', (said) => {
      complaint += said;
    });
    // What is written after its end is explained by the answer that does not come.
    child.stdin.on('error', () => {});
    const answer = async (): Promise<string | undefined> => {
      const timer = setTimeout(() => {
        complaint += `no answer within ${patience} seconds`;
        child.kill('SIGKILL');
      }, 1000 * patience);
      const { value, done } = await answers.next();
      clearTimeout(timer);
      if (!done) return value;
      await ended;
      return undefined;
    };
    const name = await answer();
    if (name === undefined) throw noPyTorch(python, complaint);
    return {
      name,
      async probabilities(pixels) {
        child.stdin.write(`${Buffer.from(pixels).toString('base64')}\n`);
        const found = await answer();
        if (found === undefined) throw died(complaint);
        const bytes = Uint8Array.from(Buffer.from(found, 'base64'));
        return new Float32Array(bytes.buffer);
      },
      close: () => void child.stdin.end(),
    };
  },
};

const lastLine = (text: string): string => text.trim().split('\n').at(-1)!;

const noPyTorch = (python: string, complaint: string): UserError =>
  new UserError({
    what: 'PyTorch could not read the export back, so that it was not written.',
    where: python,
    expected: 'a Python that imports torch 2 or newer',
    found: lastLine(complaint),
    remedy:
      'install PyTorch there (`python3 -m pip install torch`), or say in ATELIER_PYTHON which Python has it',
  });

const died = (complaint: string): WorldError =>
  new WorldError({
    what: 'PyTorch could not run the export.',
    expected: 'probabilities',
    found: lastLine(complaint),
  });
