/**
 * From a declaration to the JSON Schema that is published (docs/schemas): standard keywords only, so that any validator takes
 * it in its strictest mode. What the declarations say in keywords of their own stands in the descriptions: unit, and which way
 * is better.
 */
import { z } from 'zod';
import { DIRECTION_KEYWORD, DISTRIBUTION_KEYWORD, UNIT_KEYWORD } from './metric.js';

type Node = z.core.JSONSchema.BaseSchema;

/**
 * The schema as text. It is closed: mappings by a name (opcodes, StreamIDs, parameters) are open in their names alone.
 * @param io `output`: of what this build writes, with every key that is not optional; `input`: of what users write
 */
export function publishedSchema(declaration: z.ZodType, title: string, io: 'input' | 'output' = 'output'): string {
  const reused = io === 'input' ? 'inline' : 'ref';
  const { $schema, ...schema } = z.toJSONSchema(declaration, { io, reused, override });
  return `${JSON.stringify({ $schema, title, ...schema }, withoutTypeLists, 2)}\n`;
}

/** Called for each node when those inside it are done. */
function override({ jsonSchema: node }: { readonly jsonSchema: Node }): void {
  // Of a key that was added later; documents are taken as they are.
  if (node.default === null) delete node.default;
  // What may be null is what it is otherwise.
  const described = node.anyOf?.find(({ description }) => description !== undefined)?.description;
  if (node.description === undefined && described !== undefined) node.description = described;
  const unit = node[DISTRIBUTION_KEYWORD] === true ? 'ns' : node[UNIT_KEYWORD];
  const direction = node[DIRECTION_KEYWORD];
  if (unit !== undefined) {
    const better = direction === undefined || direction === 'neutral' ? '' : `, ${direction} is better`;
    node.description = `${node.description} (${unit}${better})`;
  }
  for (const key of Object.keys(node)) if (key.startsWith('x-')) delete node[key];
}

/** `type` with a list is what strict validators refuse; no property has a list for its schema. */
function withoutTypeLists(_key: string, node: Node | undefined): unknown {
  if (!Array.isArray(node?.type)) return node;
  const { type, ...rest } = node;
  return { ...rest, anyOf: type.map((one) => ({ type: one })) };
}
