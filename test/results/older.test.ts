/**
 * Results, documents of earlier builds: is one that lacks every key that was added later still read, and rendered in every
 * form that the whole one has?
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPORTERS } from '../../src/reporters/registry.js';
import type { ReportContext } from '../../src/reporters/reporter.js';
import { RESULT_DECLARATION } from '../../src/results/declaration/result.js';
import { parseResult } from '../../src/results/read-result.js';
import { ROOT } from '../support/cli.js';

interface Declared {
  readonly def: { readonly type: string; readonly innerType?: Declared };
  readonly shape?: Readonly<Record<string, Declared>>;
  readonly element?: Declared;
  readonly valueType?: Declared;
}

const CONTEXT: ReportContext = { width: 100, colour: false, unicode: true };
let removed = 0;

/** `value` without the keys that `declared` says were added later. */
function withoutLater(value: unknown, declared: Declared): unknown {
  const { def, shape, element } = declared;
  if (def.innerType !== undefined) return withoutLater(value, def.innerType);
  if (element !== undefined && Array.isArray(value)) return value.map((one) => withoutLater(one, element));
  if (shape === undefined || typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, child]) => {
    const type = shape[key];
    if (type?.def.type !== 'default') return [[key, type === undefined ? child : withoutLater(child, type)]];
    removed++;
    return [];
  });
  return Object.fromEntries(kept);
}

const whole = readFileSync(join(ROOT, 'docs/examples/rebind-strict.result.json'), 'utf8');
const older = JSON.stringify(withoutLater(JSON.parse(whole), RESULT_DECLARATION as unknown as Declared));

describe('a result of an earlier build', () => {
  const document = parseResult(older, 'older.json');

  it('is read as it is', () => {
    expect(removed).toBeGreaterThan(50);
    expect(document.results[0].errors).toBeUndefined();
    expect(document.results[0].tlb?.main).toBeUndefined();
    expect(JSON.stringify(document)).toBe(older);
  });

  it.each(REPORTERS.filter(({ refusal }) => refusal?.({ schema: document.schema, hasGates: false }) === undefined))(
    'is shown as $name',
    async (reporter) => {
      const baseline = { strategy: 'ioctl', atc: 'vsid' };
      for (const context of [CONTEXT, { ...CONTEXT, baseline }]) {
        const text = await reporter.render(document, context);
        expect(text.length).toBeGreaterThan(20);
        expect(text.replace(/<script[\s\S]*?<\/script>/g, '')).not.toMatch(/undefined|NaN/);
      }
    },
  );
});
