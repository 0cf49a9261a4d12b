/** All reporters by name. A new format is one file and one line here. */
import { suggestion, UsageError } from '../trace/errors.js';
import { bencherReporter } from './bencher.js';
import { csvReporter } from './csv.js';
import { foldedReporter } from './folded.js';
import { githubActionBenchmarkReporter } from './github-action-benchmark.js';
import { githubAnnotationsReporter } from './github-annotations.js';
import { htmlReporter } from './html.js';
import { jsonReporter } from './json.js';
import { junitReporter } from './junit.js';
import { markdownReporter } from './markdown.js';
import type { AnyReporter } from './reporter.js';
import { tableReporter } from './table.js';
import { withVisibleTexts } from './visible-document.js';

/** In the order in which help lists them; the first is the default. */
export const REPORTERS: readonly AnyReporter[] = [
  tableReporter,
  jsonReporter,
  csvReporter,
  markdownReporter,
  junitReporter,
  githubAnnotationsReporter,
  githubActionBenchmarkReporter,
  bencherReporter,
  foldedReporter,
  htmlReporter,
].map(withVisibleTexts);

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
