/** Reads an earlier result, or any other document, from a file or standard input. */
import { constants } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { DiffInput } from '../diff/diff.js';
import { parseDocument } from '../reporters/documents/registry.js';
import type { ReportDocument } from '../reporters/reporter.js';
import { STUDY_RESULT_SCHEMA } from '../results/declaration/tags.js';
import type { ResultDocument } from '../results/document.js';
import { parseDeclared, parseResult, RESULT_KIND, requireDeclared, sha256Of } from '../results/read-result.js';
import { STUDY_DECLARATION, type StudyDocument } from '../results/study-document.js';
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

/** A result or a study as a program has it, or the path of its JSON; `-` is standard input. */
export type DocumentInput = string | ResultDocument | StudyDocument;

/** What is compared with its like. */
const COMPARABLE = [RESULT_KIND, { schema: STUDY_RESULT_SCHEMA, declaration: STUDY_DECLARATION }] as const;

/**
 * A result or a study that is to be compared.
 * @param place what errors call one that is no file
 * @throws UsageError for anything else
 */
export async function readComparable(input: DocumentInput, place: string): Promise<DiffInput> {
  const what = 'a result or a study (replay, compare, sweep or merge with --json)';
  if (typeof input !== 'string') {
    return {
      document: requireDeclared(input, place, COMPARABLE, what) as DiffInput['document'],
      name: place,
      file: place,
    };
  }
  const name = input === '-' ? '<stdin>' : input;
  const bytes = input === '-' ? await readStdin(name, what) : readBytes(input, what);
  const document = parseDeclared(textOf(bytes, name, what), name, COMPARABLE, what) as DiffInput['document'];
  return { document, name, file: input === '-' ? name : basename(input), sha256: sha256Of(bytes) };
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
