import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UserError } from '@atelier/errors';
import { runOptionsSchema } from './run-options.ts';
import { explainIssue, placeModule, readTree, type Tree } from './settings-tree.ts';

/**
 * A recipe says which network and how to train it, and nothing of data and runs: so it goes with any
 * dataset.
 * @param recipe a name in the workspace's recipes, or the path of a JSON or YAML file
 * @throws UserError where there is no such recipe, or for a field that it cannot say
 */
export async function readRecipe(
  recipe: string,
  workingDirectory: string,
  workspace: string,
): Promise<Tree> {
  const folder = join(workspace, 'recipes');
  const isName = /^[\w-]+$/.test(recipe);
  const path = isName ? join(folder, `${recipe}.yaml`) : resolve(workingDirectory, recipe);
  const tree = await readTree(path, {
    name: 'recipe',
    expected: `one of ${recipeNames(folder).join(', ')}, or the path of a JSON or YAML file`,
    remedy: 'correct what is given to --recipe',
  });
  const foreign = Object.keys(tree).find((field) => field !== 'network' && field !== 'recipe');
  if (foreign !== undefined)
    throw new UserError({
      what: `A recipe cannot say ${foreign}.`,
      where: path,
      expected: 'fields of network and recipe, or the names of their flags',
      found: foreign,
      remedy: 'take the field out of it, or give the file by --config',
    });
  const { error } = runOptionsSchema.safeParse(tree);
  if (error) throw explainIssue(error.issues[0]!, tree, [], path);
  placeModule(tree, path);
  return tree;
}

const recipeNames = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -5)] : []));
