/** HTML: one self-contained page. The page, and the libraries that draw it, are loaded when one is asked for. */
import { DIFF_SCHEMA, MRC_SCHEMA, RESULT_SCHEMA } from '../results/declaration/tags.js';
import { UsageError } from '../trace/errors.js';
import type { ComingDocument, Reporter } from './reporter.js';

/** Why there is no page of such a document; undefined: there is. */
function refusal({ schema }: ComingDocument): string | undefined {
  if (schema === RESULT_SCHEMA || schema === DIFF_SCHEMA || schema === MRC_SCHEMA) return undefined;
  return `--reporter html: expected a result of replay or compare, what diff finds, or curves of mrc, found ${schema} (it has table, json, csv and markdown)`;
}

export const htmlReporter: Reporter<Promise<string>> = {
  name: 'html',
  summary: 'one self-contained page with charts and a sortable table',
  isExact: true,
  hasColumns: true,
  refusal,
  render: async (document, context) => {
    if (document.schema !== RESULT_SCHEMA && document.schema !== DIFF_SCHEMA && document.schema !== MRC_SCHEMA)
      throw new UsageError(refusal(document) ?? '');
    return (await import('./html/page.js')).renderPage(document, context);
  },
};
