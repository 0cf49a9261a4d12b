/** JSON: the document itself, two spaces, keys in the order in which they were built. */
import type { Reporter } from './reporter.js';

export const jsonReporter: Reporter = {
  name: 'json',
  summary: 'the whole document, with histograms and provenance',
  render: (document) => `${JSON.stringify(document, null, 2)}\n`,
};
