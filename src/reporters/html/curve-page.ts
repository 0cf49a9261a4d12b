/** The page of `mrc`. */
import type { MrcDocument } from '../../analysis/mrc/document.js';
import { addCurves } from './curves.js';
import { PageShell } from './shell.js';

/** All curves of `document`, whose texts are visible. */
export function curvePage(document: MrcDocument): PageShell {
  const { tool, model } = document.provenance;
  const traces = document.results.map(({ trace }) => trace).join(', ');
  const shell = new PageShell(`Misses by TLB size of ${traces}`, `${tool.name} ${tool.version}; ${model}.`);
  if (document.results.every(({ accesses }) => accesses === 0)) shell.paragraph('The trace has no translations.');
  addCurves(shell, document.results, []);
  return shell;
}
