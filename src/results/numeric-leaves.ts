/** Dotted paths of all numbers in nested objects, in document order; lists are skipped. */
export function numericLeaves(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => numericLeaves(child, path === '' ? key : `${path}.${key}`));
}
