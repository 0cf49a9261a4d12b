/** Options that a program gives, held against their declaration: whatever is wrong is one sentence and a UsageError. */
import { inspect } from 'node:util';
import type { z } from 'zod';
import { suggestion, UsageError } from '../trace/errors.js';

/** Characters that a message shows of a wrong value, at most. */
const SHOWN_CHARACTERS = 80;

/**
 * `given` with its defaults.
 * @throws UsageError for an option that does not exist, one that is missing, and a value that is none
 */
export function checked<Declaration extends z.ZodType>(
  declaration: Declaration,
  given: unknown,
): z.output<Declaration> {
  const parsed = declaration.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    const known = keysAt(declaration, path);
    throw new UsageError(`unknown option ${[...path, key].join('.')}${suggestion(key, known)}`);
  }
  const what = path.length === 0 ? 'options' : `option ${path.join('.')}`;
  throw new UsageError(`${what}: expected ${issue.message}, found ${shown(valueAt(given, path))}`);
}

/** A value in a sentence. */
export function shown(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 1, breakLength: Infinity });
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}

function valueAt(given: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], given);
}

/** Names of the options of the object at `path`. */
function keysAt(declaration: unknown, path: readonly string[]): string[] {
  const { shape, def } = declaration as { shape?: Readonly<Record<string, unknown>>; def: { innerType?: unknown } };
  if (shape === undefined) return keysAt(def.innerType, path);
  const [key, ...rest] = path;
  return key === undefined ? Object.keys(shape) : keysAt(shape[key], rest);
}
