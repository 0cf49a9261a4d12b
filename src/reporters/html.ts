/** HTML: one self-contained page. The page, and the libraries that draw it, are loaded when one is asked for. */
import { UsageError } from '../trace/errors.js';
import { isPaged, PAGED_SCHEMAS } from './html/paged.js';
import type { ComingDocument, Reporter } from './reporter.js';

/** Why there is no page of such a document; undefined: there is. */
function refusal({ schema }: ComingDocument): string | undefined {
  if (PAGED_SCHEMAS.includes(schema)) return undefined;
  return `--reporter html: expected something with numbers to draw (${PAGED_SCHEMAS.join(', ')}), found ${schema} (it has table, json, csv and markdown)`;
}

export const htmlReporter: Reporter<Promise<string>> = {
  name: 'html',
  summary: 'one self-contained page with charts and a sortable table',
  isExact: true,
  hasColumns: true,
  refusal,
  render: async (document, context) => {
    if (!isPaged(document)) throw new UsageError(refusal(document) ?? '');
    return (await import('./html/page.js')).renderPage(document, context);
  },
};
