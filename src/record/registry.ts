/** All recording recipes by name. A new one is one file and one line here. */
import { bpftraceRecipe } from './bpftrace.js';
import { ftraceRecipe } from './ftrace.js';
import { qemuRecipe } from './qemu.js';
import type { RecordRecipe } from './recipe.js';

export const RECIPES: readonly RecordRecipe[] = [qemuRecipe, ftraceRecipe, bpftraceRecipe];

/** Names for the command line. */
export const RECIPE_NAMES: readonly string[] = RECIPES.map((recipe) => recipe.name);

/** The recipe called `name`, one of `RECIPE_NAMES`. */
export function recipeByName(name: string): RecordRecipe {
  const found = RECIPES.find((recipe) => recipe.name === name);
  if (found === undefined) throw new RangeError(`no recipe ${name}`);
  return found;
}
