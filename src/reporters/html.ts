/** HTML: one self-contained page. The page, and the libraries that draw it, are loaded when one is asked for. */
import type { Reporter } from './reporter.js';

export const htmlReporter: Reporter<Promise<string>> = {
  name: 'html',
  summary: 'one self-contained page with charts and a sortable table',
  render: async (document) => (await import('./html/page.js')).renderPage(document),
};
