/** Reads an earlier result, or any other document, from a file or standard input. */
import { constants } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseDocument } from '../reporters/documents/registry.js';
import type { ReportDocument } from '../reporters/reporter.js';
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
  const { text, bytes, name } = readText(path, 'a result');
  return { document: parseResult(text, name), name, file: basename(name), sha256: sha256Of(bytes) };
}

/**
 * The document at `path`, of whatever kind; `-` is standard input.
 * @throws UsageError for a file that cannot be read or is not a whole document of this version
 */
export function readDocument(path: string): { readonly document: ReportDocument; readonly name: string } {
  const { text, name } = readText(path, 'a document');
  return { document: parseDocument(text, name), name };
}

function readText(path: string, what: string): { text: string; bytes: Buffer; name: string } {
  const name = path === '-' ? '<stdin>' : path;
  const refuse = (found: string) => new UsageError(`${name}: expected a file with the JSON of ${what}, found ${found}`);
  let bytes: Buffer;
  try {
    if (path !== '-' && statSync(path).size > constants.MAX_STRING_LENGTH) throw refuse(TOO_LONG);
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a directory' : (code ?? 'none'));
  }
  if (bytes.length > constants.MAX_STRING_LENGTH) throw refuse(TOO_LONG);
  return { text: bytes.toString('utf8'), bytes, name };
}

/** JSON is read as one text; Node has none that is longer. */
const TOO_LONG = `more than ${Math.floor(constants.MAX_STRING_LENGTH / 2 ** 20)} MiB`;
