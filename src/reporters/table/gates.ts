/** Gates under a comparison: every breach and everything that could not be judged, one line each, then the totals. */
import type { ResultDocument } from '../../results/document.js';
import { judgedName, judgementText } from '../gate-text.js';
import type { ReportContext } from '../reporter.js';
import { paint, sectionTitle, wrapText } from './layout.js';

/** The gates of `document`; nothing if it has none. */
export function renderGates({ gates }: ResultDocument, context: ReportContext): string {
  if (gates === undefined) return '';
  const { pass, fail, inconclusive } = gates.counts;
  const lines = gates.judgements
    .filter(({ verdict }) => verdict !== 'pass')
    .map((one) => {
      const line = wrapText(`${one.verdict}: ${judgedName(one)}: ${judgementText(one)}`, context).trimEnd();
      return `${paint(line, one.verdict === 'fail' || one.blocks ? 'red' : 'yellow', context)}\n`;
    });
  const title = `gates: ${pass} passed, ${fail} failed, ${inconclusive} inconclusive`;
  return `${sectionTitle(title, context)}${lines.join('')}\n`;
}
