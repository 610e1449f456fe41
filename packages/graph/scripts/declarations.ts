import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** A module of this package in an import, an export or an `import('…')`. */
const specifier = /(['"]\.{1,2}\/[^'"]+)\.ts(['"])/g;

/**
 * The type declarations of entry points and of what they name, by their paths below `root`; they name each
 * other as the JavaScript that they describe. Each file is declared by itself, in a fraction of the time that
 * the type checker takes, so that what a file exports has its types written down.
 * @throws Error for an export whose type is left to be inferred or is another package's of the workspace
 */
export function declarationsOf(entries: readonly string[], root: string): Map<string, string> {
  const declarations = new Map<string, string>();
  const reach = (path: string): void => {
    const name = relative(root, path).replace(/\.ts$/, '.d.ts');
    if (declarations.has(name)) return;
    const text = declarationOf(path);
    declarations.set(name, text.replace(specifier, '$1.js$2'));
    for (const [, module] of text.matchAll(specifier))
      reach(join(dirname(path), `${module!.slice(1)}.ts`));
  };
  entries.forEach(reach);
  return declarations;
}

function declarationOf(path: string): string {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(path, 'utf8'), {
    fileName: path,
    reportDiagnostics: true,
    compilerOptions: {
      declaration: true,
      isolatedDeclarations: true,
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
    },
  });
  const [problem] = diagnostics.map(({ file, start, messageText }) => {
    const { line } = file!.getLineAndCharacterOfPosition(start!);
    return `${path}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
  if (problem !== undefined) throw new Error(problem);
  if (outputText.includes('@atelier/'))
    throw new Error(`${path}: its types need another package of the workspace.`);
  return outputText;
}
