/** A recording of the repository through some strategies, with everything at its default but `more`. */
import { compare } from '../../src/library/library.js';
import { tracePath } from '../support/traces.js';

type Options = NonNullable<Parameters<typeof compare>[1]>;

/** `compare`, of one trace. */
export const runRecording = (name: string, strategies: readonly string[], more: Options = {}) =>
  compare(tracePath(name), { ...more, strategies });
