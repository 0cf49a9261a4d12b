/**
 * Files that users write by hand, YAML or JSON (which is YAML too), held against a schema. What is wrong with one is said
 * in one sentence with its line: `FILE:LINE: KEY: expected …, found …`.
 */
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { suggestion, UsageError } from './errors.js';
import { ownFile } from './own-files.js';

/** A place in a file: keys and list indices from the top. */
export type YamlPath = readonly (string | number)[];

/** A file that its schema accepts. */
export interface CheckedYaml<Content> {
  readonly content: Content;
  /** An error about the value at `path` for what only the caller can know, with its line. */
  fault(path: YamlPath, expected: string): UsageError;
  /** `FILE:LINE: KEY` of the value at `path`, to begin a sentence with. */
  where(path: YamlPath): string;
}

/** What a file is to be. */
export interface YamlKind<Schema extends z.ZodType> {
  /** In words, with its article: `a topology`. */
  readonly what: string;
  /** Its key `schema`, without the version. */
  readonly family: string;
  readonly schema: Schema;
  /** Keys that the mapping at `path` may have, for a suggestion. */
  keysAt(path: YamlPath): readonly string[];
}

/**
 * Check `text`; `file` is its name in messages.
 * @throws UsageError for what is no YAML, or what the schema refuses
 */
export function parseCheckedYaml<Schema extends z.ZodType>(
  text: string,
  file: string,
  { what, family, schema, keysAt }: YamlKind<Schema>,
): CheckedYaml<z.output<Schema>> {
  const lines = new LineCounter();
  const own = ownFile(text);
  if (own !== undefined && !own.schema.startsWith(`${family}/`)) {
    throw new UsageError(`${file}: expected ${what}, found ${own.what}`);
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new UsageError(`${file}:${lines.linePos(error.pos[0]).line}: expected YAML or JSON, found: ${error.message}`);
  }
  if (document.contents === null) throw new UsageError(`${file}: expected ${what}, found an empty file`);
  const prototype = prototypeKey(document);
  if (prototype !== undefined) throw new UsageError(`${file}:${lineOf(prototype, lines)}: unknown key ${PROTOTYPE}`);
  const parsed = schema.safeParse(plainValue(document, file));
  if (!parsed.success) {
    const findings = parsed.error.issues.map((issue) => finding(issue, document, lines, keysAt));
    // A misspelt key is also a missing one: the misspelling is what helps. Otherwise the first in the file.
    findings.sort((a, b) => Number(b.isUnknownKey) - Number(a.isUnknownKey) || a.line - b.line);
    const [{ line, sentence }] = findings;
    throw new UsageError(`${file}:${line}: ${sentence}`);
  }
  const placeOf = (path: YamlPath) => {
    const issue = { code: 'custom', path, message: '' };
    return finding(issue, document, lines, keysAt).line;
  };
  return {
    content: parsed.data,
    fault(path, expected) {
      const { line, sentence } = finding({ code: 'custom', path, message: expected }, document, lines, keysAt);
      return new UsageError(`${file}:${line}: ${sentence}`);
    },
    where: (path) => `${file}:${placeOf(path)}: ${placeName(path)}`,
  };
}

/** In a mapping of free keys a schema passes it over in silence: an object of JavaScript takes it for something else. */
export const PROTOTYPE = '__proto__';

/** The key of that name, wherever in `document` it first stands. */
export function prototypeKey(document: Document): Node | undefined {
  let found: Node | undefined;
  visit(document, {
    Pair(_index, { key }) {
      if (!isScalar(key) || key.value !== PROTOTYPE) return undefined;
      found = key;
      return visit.BREAK;
    },
  });
  return found;
}

/** What the nodes stand for; `yaml` refuses aliases that multiply without end. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new UsageError(`${file}: expected YAML or JSON, found: ${(error as Error).message}`);
  }
}

type Issue = { readonly code: string; readonly path: readonly PropertyKey[]; readonly message: string };

interface Finding {
  readonly isUnknownKey: boolean;
  readonly line: number;
  readonly sentence: string;
}

function finding(
  issue: Issue,
  document: Document,
  lines: LineCounter,
  keysAt: (path: YamlPath) => readonly string[],
): Finding {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  const where = placeName(path);
  if (issue.code === 'unrecognized_keys') {
    const [key] = (issue as Issue & { readonly keys: readonly string[] }).keys;
    const line = lineOf(keyNode(nodeAt(document, path), key), lines);
    const inside = where === '' ? '' : ` in ${where}`;
    return {
      isUnknownKey: true,
      line,
      sentence: `unknown key ${key}${inside}${suggestion(key, keysAt(path))}`,
    };
  }
  const node = nodeAt(document, path);
  // A missing key is reported where the mapping begins that lacks it.
  const line = lineOf(node ?? nodeAt(document, path.slice(0, -1)), lines);
  const prefix = where === '' ? '' : `${where}: `;
  return { isUnknownKey: false, line, sentence: `${prefix}expected ${issue.message}, found ${shown(node)}` };
}

function nodeAt(document: Document, path: YamlPath): Node | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node : undefined;
}

function keyNode(map: Node | undefined, key: string): Node | undefined {
  if (!isMap(map)) return map;
  const pair = map.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === key);
  return isNode(pair?.key) ? pair.key : map;
}

function lineOf(node: Node | undefined, lines: LineCounter): number {
  return lines.linePos(node?.range?.[0] ?? 0).line;
}

/** `devices[0].sid`; empty for the top level. */
function placeName(path: YamlPath): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
}

/** A value as the file spells it. */
function shown(node: Node | undefined): string {
  if (node === undefined) return 'none';
  if (!isScalar(node)) return isMap(node) ? 'a mapping' : 'a list';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? JSON.stringify(node.value) : (node.source ?? String(node.value));
}
