/** A result document back from its JSON: what `report` and `--baseline RESULT.json` read. */
import { createHash } from 'node:crypto';
import { suggestion, UsageError } from '../trace/errors.js';
import { RESULT_DECLARATION } from './declaration/result.js';
import { RESULT_SCHEMA, type ResultDocument } from './document.js';

/** SHA-256 of a file's bytes, in hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The document in `text`, as it is: keys that this version does not know are kept.
 * @param name what errors call it
 * @throws UsageError for anything that is not a whole result of this version
 */
export function parseResult(text: string, name: string): ResultDocument {
  const document = parseJson(text, name);
  const schema = (document as { schema?: unknown } | null)?.schema;
  if (schema !== RESULT_SCHEMA) throw new UsageError(`${name}: expected ${RESULT_SCHEMA}, found ${kindOf(document)}`);
  const checked = RESULT_DECLARATION.safeParse(document);
  if (checked.success) return document as ResultDocument;
  const [issue] = checked.error.issues;
  const where = issue.path.map(String).join('.');
  throw new UsageError(`${name}: expected a whole ${RESULT_SCHEMA}, found at ${where}: ${issue.message.toLowerCase()}`);
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

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const what = text.trim() === '' ? 'nothing' : 'something else';
    throw new UsageError(`${name}: expected the JSON of a result (replay or compare with --json), found ${what}`);
  }
}

/** What a foreign document is. */
function kindOf(document: unknown): string {
  const schema = (document as { schema?: unknown } | null)?.schema;
  if (typeof schema !== 'string') return 'JSON without that schema';
  const [family, version] = RESULT_SCHEMA.split('/');
  if (schema.startsWith(`${family}/`)) return `${schema}, of another version than ${version}`;
  return JSON.stringify(schema);
}
