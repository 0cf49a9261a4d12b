/** A result document back from its JSON: what `report` and `--baseline RESULT.json` read. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { foreignFile } from '../formats/foreign-file.js';
import { suggestion, UsageError } from '../trace/errors.js';
import { RESULT_DECLARATION } from './declaration/result.js';
import { RESULT_SCHEMA } from './declaration/tags.js';
import type { ResultDocument } from './document.js';

/** SHA-256 of a file's bytes, in hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A kind of document and what one is held against. */
export interface DocumentKind {
  /** `smmuscope.FAMILY/VERSION`: the value of its key `schema`. */
  readonly schema: string;
  readonly declaration: z.ZodType;
}

/** Results of replay and compare. */
export const RESULT_KIND = { schema: RESULT_SCHEMA, declaration: RESULT_DECLARATION } as const;

/**
 * The document in `text`, as it is: keys that this version does not know are kept.
 * @param name what errors call it
 * @throws UsageError for anything that is not a whole result of this version
 */
export function parseResult(text: string, name: string): ResultDocument {
  const what = 'a result (replay or compare with --json)';
  return parseDeclared(text, name, [RESULT_KIND], what) as ResultDocument;
}

/**
 * The document in `text` if it is one of `kinds`.
 * @param name what errors call it
 * @param what the kinds in words, with their article
 * @throws UsageError for anything else
 */
export function parseDeclared(text: string, name: string, kinds: readonly DocumentKind[], what: string): unknown {
  return requireDeclared(parseJson(text, name, what), name, kinds, what);
}

/** `document`, likewise. */
export function requireDeclared(
  document: unknown,
  name: string,
  kinds: readonly DocumentKind[],
  what: string,
): unknown {
  const found = (document as { schema?: unknown } | null)?.schema;
  const kind = kinds.find(({ schema }) => schema === found);
  if (kind === undefined) {
    const related = kinds.find(({ schema }) => typeof found === 'string' && familyOf(found) === familyOf(schema));
    const expected = related?.schema ?? (kinds.length === 1 ? kinds[0].schema : what);
    throw new UsageError(`${name}: expected ${expected}, found ${foundSchema(found, related?.schema)}`);
  }
  const checked = kind.declaration.safeParse(document);
  if (checked.success) return document;
  const [issue] = checked.error.issues;
  const where = issue.path.map(String).join('.');
  const place = where === '' ? '' : ` at ${where}`;
  throw new UsageError(`${name}: expected a whole ${kind.schema}, found${place}: ${issue.message.toLowerCase()}`);
}

/**
 * Make sure that `document` has a result of `strategy`, with the targeting `atc` if one is meant.
 * @param name what errors call the document
 * @throws UsageError if it has none
 */
export function requireStrategy(
  document: ResultDocument,
  strategy: string,
  atc: string | undefined,
  name: string,
): void {
  const candidates = document.results.filter((result) => atc === undefined || result.atc === atc);
  const strategies = [...new Set(candidates.map((result) => result.strategy))];
  if (strategies.includes(strategy)) return;
  if (strategies.length === 0) throw new UsageError(`${name}: expected a result with ATC targeting ${atc}, found none`);
  throw new UsageError(`${name}: expected a result of ${strategy}, found none${suggestion(strategy, strategies)}`);
}

function parseJson(text: string, name: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const trimmed = text.trim();
    const isBroken = trimmed.startsWith('{');
    const other = isBroken ? 'JSON that is cut short or damaged' : (foreignFile(text) ?? 'something else');
    const found = trimmed === '' ? 'nothing' : other;
    throw new UsageError(`${name}: expected the JSON of ${what}, found ${found}`);
  }
}

const familyOf = (schema: string): string => schema.replace(/\/[^/]*$/, '');

/** What a foreign document says it is. */
function foundSchema(found: unknown, expected: string | undefined): string {
  if (typeof found !== 'string') return 'JSON without the key schema';
  if (expected === undefined) return JSON.stringify(found);
  return otherVersion(found, expected) ?? JSON.stringify(found);
}

/** A document of the same kind in another version, and what to do about it; undefined for anything else. */
export function otherVersion(found: unknown, expected: string): string | undefined {
  if (typeof found !== 'string' || found === expected || familyOf(found) !== familyOf(expected)) return undefined;
  const version = (schema: string) => Number(schema.slice(familyOf(schema).length + 1));
  return version(found) > version(expected)
    ? `${found}, which a later version of smmuscope wrote: use that one`
    : `${found}, which an earlier version of smmuscope wrote and whose numbers mean something else: run the command that made it again with this one`;
}
