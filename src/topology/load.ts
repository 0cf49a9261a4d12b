/**
 * Reads a topology file, YAML or JSON (which is YAML too). What is wrong with one is said in one sentence with its line.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { suggestion, UsageError } from '../trace/errors.js';
import {
  BINDING_SCHEMA,
  DEVICE_SCHEMA,
  GUEST_SCHEMA,
  SMMU_SCHEMA,
  TOPOLOGY_SCHEMA,
  type TopologyFile,
} from './schema.js';

/** A topology as the user declared it. */
export interface DeclaredTopology extends TopologyFile {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
}

/**
 * Read the file at `path`.
 * @throws UsageError if it cannot be read or is not a valid topology: `FILE:LINE: KEY: expected …, found …`
 */
export function loadTopology(path: string): DeclaredTopology {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${path}: expected a readable topology file, found ${(error as NodeJS.ErrnoException).code}`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...parseTopology(bytes.toString('utf8'), path), file: basename(path), sha256 };
}

/** Check `text`; `file` is its name in messages. */
export function parseTopology(text: string, file: string): TopologyFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new UsageError(`${file}:${lines.linePos(error.pos[0]).line}: expected YAML or JSON, found: ${error.message}`);
  }
  if (document.contents === null) throw new UsageError(`${file}: expected a topology, found an empty file`);
  const parsed = TOPOLOGY_SCHEMA.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const findings = parsed.error.issues.map((issue) => finding(issue, document, lines));
  // A misspelt key is also a missing one: the misspelling is what helps. Otherwise the first in the file.
  findings.sort((a, b) => Number(b.isUnknownKey) - Number(a.isUnknownKey) || a.line - b.line);
  const [{ line, sentence }] = findings;
  throw new UsageError(`${file}:${line}: ${sentence}`);
}

type Issue = { readonly code: string; readonly path: readonly PropertyKey[]; readonly message: string };

interface Finding {
  readonly isUnknownKey: boolean;
  readonly line: number;
  readonly sentence: string;
}

function finding(issue: Issue, document: Document, lines: LineCounter): Finding {
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

function nodeAt(document: Document, path: readonly (string | number)[]): Node | undefined {
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
function placeName(path: readonly (string | number)[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
}

function keysAt([list]: readonly (string | number)[]): string[] {
  if (list === 'devices') return Object.keys(DEVICE_SCHEMA.shape);
  if (list === 'smmus') return Object.keys(SMMU_SCHEMA.shape);
  if (list === 'guest') return Object.keys(GUEST_SCHEMA.shape);
  if (list === 'bindings') return Object.keys(BINDING_SCHEMA.shape);
  return Object.keys(TOPOLOGY_SCHEMA.shape);
}

/** A value as the file spells it. */
function shown(node: Node | undefined): string {
  if (node === undefined) return 'none';
  if (!isScalar(node)) return isMap(node) ? 'a mapping' : 'a list';
  if (node.value === null) return 'nothing';
  return typeof node.value === 'string' ? JSON.stringify(node.value) : (node.source ?? String(node.value));
}
