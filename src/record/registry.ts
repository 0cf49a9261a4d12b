/** All recording recipes by name. A new one is one file and one line here. */
import { bpftraceRecipe } from './bpftrace.js';
import { ftraceRecipe } from './ftrace.js';
import { qemuRecipe } from './qemu.js';
import type { RecordRecipe } from './recipe.js';

export const RECIPES: readonly RecordRecipe[] = [qemuRecipe, ftraceRecipe, bpftraceRecipe];

/** The recipe called `name`, a name of `RECIPES`. */
export function recipeByName(name: string): RecordRecipe {
  const found = RECIPES.find((recipe) => recipe.name === name);
  if (found === undefined) throw new RangeError(`no recipe ${name}`);
  return found;
}
