/** Whether the effect of one parameter is made up of the effects of others. */
import { Matrix, QrDecomposition } from 'ml-matrix';

/** A parameter is told apart if at least this part of its effect is not made up by the others. */
const LEAST_OWN_PART = 1e-3;

/** The part of `effect` that no combination of `others` makes up, 0 to 1; `others` are independent of each other. */
export function ownPart(others: readonly (readonly number[])[], effect: readonly number[]): number {
  if (others.length >= effect.length || norm(effect) === 0) return 0;
  const columns = [...others, effect].map((column) => column.map((value) => value / norm(column)));
  const { upperTriangularMatrix } = new QrDecomposition(new Matrix(columns).transpose());
  return Math.abs(upperTriangularMatrix.get(others.length, others.length));
}

/** True if `effect` is, for all that can be told, a combination of `others`. */
export const isMadeUpOf = (others: readonly (readonly number[])[], effect: readonly number[]): boolean =>
  ownPart(others, effect) < LEAST_OWN_PART;

/** Euclidean length. */
export const norm = (vector: readonly number[]): number => Math.hypot(...vector);
