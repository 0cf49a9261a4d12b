/**
 * Results, published JSON Schemas: does a strict validator take each as it stands, is it closed, and does it say of every
 * property what it is, with its unit?
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/cli.js';

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Node>>;
}

const FOLDER = join(ROOT, 'docs/schemas');
const FILES = readdirSync(FOLDER);

/** What is open on purpose: studies of later builds may have more axes. */
const OPEN = new Set(['study-result.schema.json points.at']);

/** Units that the end of a name says, and how a description says them. */
const UNITS: readonly [name: RegExp, unit: RegExp][] = [
  [/_ns$|^ns$/, /\bns\b/],
  [/_per_s$/, /1\/s|per second/],
  [/_ppm$/, /parts per million/],
  [/_ratio$|_share$|_error$|_spread$/, /\((share|ratio)/],
];

/** Every object with properties and every property below `node`, by its path. */
function* walk(root: Node, node: Node, path: readonly string[]): Generator<[path: string, node: Node]> {
  yield [path.join('.'), node];
  for (const [key, child] of Object.entries(node.properties ?? {}))
    yield* walk(root, resolved(root, child), [...path, key]);
  for (const [key, child] of Object.entries(node)) {
    if (key === 'properties' || key === '$defs') continue;
    const inner = Array.isArray(child) ? child : [child];
    for (const one of inner) {
      if (typeof one === 'object' && one !== null) yield* walk(root, resolved(root, one as Node), path);
    }
  }
}

/** The node with what its reference says, its own description first. */
function resolved(root: Node, node: Node): Node {
  if (node.$ref === undefined) return node;
  const { $ref, ...own } = node;
  return { ...resolved(root, root.$defs?.[$ref.replace('#/$defs/', '')] as Node), ...own };
}

describe.each(FILES)('%s', (file) => {
  const schema = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Node;
  const nodes = [...walk(schema, schema, [])];

  it('is taken by ajv in strict mode', () => {
    expect(() => new Ajv2020({ strict: true, allErrors: true }).compile(schema)).not.toThrow();
  });

  it('is closed: objects have the keys that they name, or are mappings by a name', () => {
    const open = nodes.flatMap(([path, { properties, additionalProperties }]) =>
      properties === undefined || additionalProperties === false ? [] : [`${file} ${path}`],
    );
    expect(open.filter((path) => !OPEN.has(path))).toEqual([]);
  });

  it('describes every property, with its unit', () => {
    const properties = nodes.flatMap(([path, { properties = {} }]) =>
      Object.entries(properties).map(([key, child]) => ({ key, path: `${path}.${key}`, ...resolved(schema, child) })),
    );
    expect(properties.length).toBeGreaterThan(5);
    expect(properties.filter(({ description = '' }) => !/\w+/.test(description)).map(({ path }) => path)).toEqual([]);
    const unitless = properties.filter(({ key, type, description = '' }) =>
      UNITS.some(([name, unit]) => type !== 'object' && name.test(key) && !unit.test(description)),
    );
    expect(unitless.map(({ path }) => path)).toEqual([]);
  });
});
