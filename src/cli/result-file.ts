/** Reads an earlier result from a file or standard input. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ResultDocument } from '../results/document.js';
import { parseResult, sha256Of } from '../results/read-result.js';
import { UsageError } from '../trace/errors.js';

/** A result and where it came from. */
export interface ResultFile {
  readonly document: ResultDocument;
  /** What messages call it: the path as given, or `<stdin>`. */
  readonly name: string;
  /** File name without folders. */
  readonly file: string;
  readonly sha256: string;
}

/**
 * The result at `path`; `-` is standard input.
 * @throws UsageError for a file that cannot be read or is not a whole result of this version
 */
export function readResult(path: string): ResultFile {
  const name = path === '-' ? '<stdin>' : path;
  const bytes = readBytes(path, name);
  return { document: parseResult(bytes.toString('utf8'), name), name, file: basename(name), sha256: sha256Of(bytes) };
}

function readBytes(path: string, name: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a directory' : (code ?? 'none');
    throw new UsageError(`${name}: expected a file with the JSON of a result, found ${found}`);
  }
}
