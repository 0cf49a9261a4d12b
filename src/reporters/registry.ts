/** All reporters by name. A new format is one file and one line here. */
import { suggestion, UsageError } from '../trace/errors.js';
import { csvReporter } from './csv.js';
import { htmlReporter } from './html.js';
import { jsonReporter } from './json.js';
import type { AnyReporter } from './reporter.js';
import { tableReporter } from './table.js';

/** In the order in which help lists them; the first is the default. */
export const REPORTERS: readonly AnyReporter[] = [tableReporter, jsonReporter, csvReporter, htmlReporter];

/**
 * The reporter called `name`.
 * @throws UsageError that lists the known ones
 */
export function reporterByName(name: string): AnyReporter {
  const found = REPORTERS.find((reporter) => reporter.name === name);
  if (found !== undefined) return found;
  const known = REPORTERS.map((reporter) => reporter.name);
  throw new UsageError(`unknown reporter ${name}${suggestion(name, known)}`);
}
