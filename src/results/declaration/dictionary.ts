/** The metrics of a result, read off the declaration: what gates may name, what dashboards follow, docs/metrics.md. */
import { z } from 'zod';
import {
  ALIKE_KEYWORD,
  DIRECTION_KEYWORD,
  DISTRIBUTION_KEYWORD,
  type Direction,
  HEADLINE_KEYWORD,
  KEY_KEYWORD,
  UNIT_KEYWORD,
  type Unit,
} from './metric.js';
import { STRATEGY_RESULT_DECLARATION } from './result.js';

/** One metric of `results[]`, or several alike. */
export interface MetricEntry {
  /** Dotted path; a segment in capitals (`OPCODE`) stands for any name of its kind. */
  readonly path: string;
  readonly unit: Unit;
  readonly direction: Direction;
  readonly meaning: string;
  /** Dashboards follow it. */
  readonly isHeadline: boolean;
  /** A name that is missing where its neighbours stand means zero (zeros are left out). */
  readonly isSparse: boolean;
}

interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly [keyword: `x-${string}`]: unknown;
}

let schema: SchemaNode | undefined;
let known: readonly MetricEntry[] | undefined;

/** What is declared of `results[]`; it takes some ms to make. */
function resultSchema(): SchemaNode {
  schema ??= z.toJSONSchema(STRATEGY_RESULT_DECLARATION, { io: 'input' }) as SchemaNode;
  return schema;
}

/** All metrics, in document order. */
export function metricDictionary(): readonly MetricEntry[] {
  known ??= uniquePaths(entriesOf(resultSchema(), '', ''));
  return known;
}

/** The entry that covers the dotted path of a result's number, such as `tlb.main.misses`. */
export function metricEntry(path: string): MetricEntry | undefined {
  const segments = path.split('.');
  return metricDictionary().find((entry) => {
    const wanted = entry.path.split('.');
    return wanted.length === segments.length && wanted.every((one, at) => one === segments[at] || isKind(one));
  });
}

/**
 * What is known of the number at a dotted path of `results[]`: a metric, or a quantity that no gate may name, such as
 * `host.queues.0.deepest`. Undefined: there is no such number.
 */
export function numberEntry(path: string): MetricEntry | undefined {
  return metricEntry(path) ?? quantityAt(resultSchema(), path.split('.'), { path, isSparse: false });
}

interface Walked {
  readonly path: string;
  readonly isSparse: boolean;
  /** A mapping says the unit of its values. */
  readonly unit?: Unit | undefined;
}

function quantityAt(node: SchemaNode, segments: readonly string[], walked: Walked): MetricEntry | undefined {
  const unit = (node[UNIT_KEYWORD] as Unit | undefined) ?? walked.unit;
  for (const one of node.anyOf ?? []) {
    const found = quantityAt(one, segments, { ...walked, unit });
    if (found !== undefined) return { ...found, meaning: found.meaning || (node.description ?? '') };
  }
  const [first, ...rest] = segments;
  if (first === undefined) {
    if (unit === undefined || (node.type !== 'number' && node.type !== 'integer')) return undefined;
    const { path, isSparse } = walked;
    return { path, unit, direction: 'neutral', meaning: node.description ?? '', isHeadline: false, isSparse };
  }
  const property = Object.hasOwn(node.properties ?? {}, first) ? node.properties?.[first] : undefined;
  const child = property ?? (/^\d+$/.test(first) ? node.items : undefined);
  if (child !== undefined) return quantityAt(child, rest, { ...walked, isSparse: false });
  if (typeof node.additionalProperties !== 'object') return undefined;
  return quantityAt(node.additionalProperties, rest, { ...walked, unit, isSparse: true });
}

const isKind = (segment: string): boolean => /^[A-Z]+$/.test(segment);

function entriesOf(node: SchemaNode, path: string, context: string, isSparse = false): MetricEntry[] {
  const direction = node[DIRECTION_KEYWORD] as Direction | undefined;
  if (direction !== undefined) {
    const unit = node[UNIT_KEYWORD] as Unit;
    const isHeadline = node[HEADLINE_KEYWORD] === true;
    const meaning = context === '' ? (node.description ?? '') : `${context}: ${node.description}`;
    return [{ path, unit, direction, meaning, isHeadline, isSparse }];
  }
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  if (node.anyOf !== undefined) return node.anyOf.flatMap((one) => entriesOf(one, path, context));
  const kind = node[KEY_KEYWORD] as string | undefined;
  if (kind !== undefined && typeof node.additionalProperties === 'object') {
    return entriesOf(node.additionalProperties, below(kind), context, true);
  }
  const inner = node[DISTRIBUTION_KEYWORD] === true ? (node.description ?? '') : context;
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    entriesOf(child, below((child[ALIKE_KEYWORD] as string | undefined) ?? key), inner),
  );
}

function uniquePaths(entries: readonly MetricEntry[]): MetricEntry[] {
  return [...new Map(entries.map((entry) => [entry.path, entry])).values()];
}
