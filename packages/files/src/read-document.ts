import { UserError } from '@atelier/errors';
import type { CST } from 'yaml';
import { type DocumentKind, readText } from './read-text.ts';

/** A document of ours has 4; the parsers of YAML and JSON call themselves once a level. */
export const mostLevels = 64;
/** A part with a name (&name) that stands elsewhere, too (*name), copies what it holds. */
export const mostAliases = 64;

/**
 * The value that a person's file holds: JSON or YAML, of which JSON is a part; null for an empty
 * one. What only seems to be said is refused: a name that stands twice in one group, and
 * `__proto__`, which is no field.
 * @throws UserError where the file cannot be read, holds neither, or is too long, too deep or has
 *   too many aliases; WorldError where the disk fails
 */
export async function readDocument(path: string, kind: DocumentKind): Promise<unknown> {
  const text = readText(path, kind);
  // It takes a moment to load, which commands without a document need not wait for.
  const { Composer, Lexer, Parser, visit } = await import('yaml');
  const refuse = (expected: string, found: string): UserError =>
    new UserError({ what: `The ${kind.name} is not usable.`, where: path, expected, found });

  const tokens: CST.Token[] = [];
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    const line = () => text.slice(0, parser.offset).split('\n').length;
    const last = tokens.at(-1);
    if (last?.type === 'error') throw refuse('JSON or YAML', `${last.message}, line ${line()}`);
    // What is open now, from the document to a value.
    if (parser.stack.length > mostLevels + 2)
      throw refuse(
        `at most ${mostLevels} groups and lists in one another`,
        `more in line ${line()}`,
      );
  }
  tokens.push(...parser.end());
  // It would compare every name with every other.
  const documents = new Composer({ uniqueKeys: false }).compose(tokens);
  const document = documents.next().value;
  if (!document) return null;
  if (!documents.next().done) throw refuse('one document', 'several, divided by ---');
  const [problem] = document.errors;
  if (problem !== undefined) throw refuse('JSON or YAML', problem.message);
  visit(document, {
    Map(_, { items }) {
      const names = new Set<string>();
      for (const { key } of items) {
        const name = String(key);
        if (name === '__proto__') throw refuse('names of fields', `${name}, which can be none`);
        if (names.has(name)) throw refuse('every name once in a group', `${name} twice`);
        names.add(name);
      }
    },
  });
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ReferenceError)
      throw refuse(`aliases (*name) of ${mostAliases} parts at most`, message);
    throw refuse('JSON or YAML', message);
  }
}
