import { basename, dirname, resolve } from 'node:path';
import { UserError } from '@atelier/errors';
import { providedPackages } from '@atelier/model';
import { type BuildFailure, build, type Plugin } from 'esbuild';

/** Bytes: it goes with every checkpoint. */
const largest = 256 * 1024;

/** Of a text there is nothing that could be imported later. */
const allAtOnce: Plugin = {
  name: 'all at once',
  setup: (build) =>
    build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'dynamic-import'
        ? {
            errors: [{ text: `It imports "${path}" while it runs; import … from does so before.` }],
          }
        : undefined,
    ),
};

/**
 * A module and the files that it imports as one text: of the same files the same, wherever they lie.
 * @throws UserError with the place of what cannot be read or is no TypeScript
 */
export async function bundleNetwork(file: string): Promise<{ name: string; source: string }> {
  const path = resolve(file);
  const name = basename(path);
  const { outputFiles } = await build({
    absWorkingDir: dirname(path),
    entryPoints: [`./${name}`],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    external: providedPackages,
    plugins: [allAtOnce],
    sourcemap: 'inline',
    sourcesContent: false,
    outfile: 'network.js',
    logLevel: 'silent',
    // The person's own settings of TypeScript are for their editor: they would change the text.
    tsconfigRaw: {},
  }).catch((cause: BuildFailure) => {
    throw refusal(cause, path);
  });
  const source = outputFiles[0]!.text;
  if (Buffer.byteLength(source) > largest)
    throw new UserError({
      what: "The network's module is too long with all that it imports.",
      where: path,
      expected: `at most ${largest} bytes`,
      found: String(Buffer.byteLength(source)),
      remedy: `import less: ${providedPackages.join(', ')} do not count`,
    });
  return { name, source };
}

function refusal(cause: BuildFailure, path: string): UserError {
  const [error] = cause.errors ?? [];
  const at = error?.location;
  const folder = dirname(path);
  return new UserError(
    {
      what: `The network's module cannot be read: ${error?.text ?? String(cause)}`,
      where: at ? `${resolve(folder, at.file)}:${at.line}:${at.column + 1}` : path,
      ...(at?.lineText && { found: at.lineText.trim() }),
      remedy: 'correct it; `npx atelier new network` writes one that trains',
    },
    { cause },
  );
}
