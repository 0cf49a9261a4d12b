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
 * The result at `path`.
 * @throws UsageError for a file that cannot be read or is not a whole result of this version
 */
export function readResult(path: string): ResultFile {
  const what = 'a result';
  const bytes = readBytes(path, what);
  const document = parseResult(textOf(bytes, path, what), path);
  return { document, name: path, file: basename(path), sha256: sha256Of(bytes) };
}

/**
 * The document at `path`, of whatever kind; `-` is standard input.
 * @throws UsageError for a file that cannot be read or is not a whole document of this version
 */
export async function readDocument(
  path: string,
): Promise<{ readonly document: ReportDocument; readonly name: string }> {
  const what = 'a document';
  const name = path === '-' ? '<stdin>' : path;
  const bytes = path === '-' ? await readStdin(name, what) : readBytes(path, what);
  return { document: parseDocument(textOf(bytes, name, what), name), name };
}

function readBytes(path: string, what: string): Buffer {
  try {
    if (statSync(path).size > constants.MAX_STRING_LENGTH) throw refusal(path, what, TOO_LONG);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refusal(
      path,
      what,
      code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'a directory' : (code ?? 'none'),
    );
  }
}

async function readStdin(name: string, what: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of process.stdin) {
      pieces.push(piece);
      length += piece.length;
      if (length > constants.MAX_STRING_LENGTH) throw refusal(name, what, TOO_LONG);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refusal(name, what, (error as NodeJS.ErrnoException).code ?? 'none');
  }
  return Buffer.concat(pieces, length);
}

function textOf(bytes: Buffer, name: string, what: string): string {
  if (bytes.length > constants.MAX_STRING_LENGTH) throw refusal(name, what, TOO_LONG);
  return bytes.toString('utf8');
}

const refusal = (name: string, what: string, found: string) =>
  new UsageError(`${name}: expected a file with the JSON of ${what}, found ${found}`);

/** JSON is read as one text; Node has none that is longer. */
const TOO_LONG = `more than ${Math.floor(constants.MAX_STRING_LENGTH / 2 ** 20)} MiB`;
