/** What a gate asks for, in numbers. */
import type { Gate, Operator } from './gate.js';

/** Factor × baseline + offset, without the last binary digits of the product (1.1 × 100 is 110). */
export function limitOf({ factor, offset }: Pick<Gate, 'factor' | 'offset'>, baseline: number): number {
  return factor === 1 ? baseline + offset : Number((factor * baseline + offset).toPrecision(15));
}

/** Is `value operator limit` true? */
export function holds(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
    case '>=':
      return value >= limit;
    case '>':
      return value > limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}
