/** A trace as a program names it. */
import { UsageError } from '../trace/errors.js';
import { shown } from './checked.js';

/** The path of a trace (`-` is standard input), its bytes, or its bytes or text under a name, which results then call it. */
export type TraceInput = string | Uint8Array | { readonly name: string; readonly data: Uint8Array | string };

/** Traces as the readers open them. */
interface NamedTraces {
  /** Paths, and the names of what lies in memory. */
  readonly paths: readonly string[];
  /** What lies in memory; absent: nothing. */
  readonly contents?: ReadonlyMap<string, Uint8Array>;
}

/** Name of bytes without one. */
const NAMELESS = '<memory>';

/**
 * `inputs` as the readers open them.
 * @throws UsageError for anything that is no trace
 */
export function namedTraces(inputs: readonly unknown[]): NamedTraces {
  const contents = new Map<string, Uint8Array>();
  const paths = inputs.map((input) => {
    if (typeof input === 'string' && input !== '') return input;
    const { name, data } = input instanceof Uint8Array ? { name: NAMELESS, data: input } : inMemory(input);
    contents.set(name, typeof data === 'string' ? new TextEncoder().encode(data) : data);
    return name;
  });
  return contents.size === 0 ? { paths } : { paths, contents };
}

function inMemory(input: unknown): { readonly name: string; readonly data: Uint8Array | string } {
  const { name, data } = (input ?? {}) as { readonly name?: unknown; readonly data?: unknown };
  if (typeof name === 'string' && name !== '' && (typeof data === 'string' || data instanceof Uint8Array)) {
    return { name, data };
  }
  throw new UsageError(`expected the path of a trace, its bytes, or { name, data }, found ${shown(input)}`);
}
