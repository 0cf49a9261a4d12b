/** Miss-ratio curves on a page: the same section beside results and by itself. */
import { curveChart, type PageCurve } from './charts.js';
import { type DataTable, numberCell, type PageShell } from './shell.js';

/**
 * Add the section.
 * @param sizes entries of main TLBs, marked in the chart
 */
export function addCurves(shell: PageShell, curves: readonly PageCurve[], sizes: readonly number[]): void {
  const drawn = curves.filter(({ accesses }) => accesses > 0);
  if (drawn.length === 0) return;
  shell.heading('Miss-ratio curve');
  shell.figure(
    (width) => curveChart(shell.document, drawn, sizes, width),
    'Share of the devices’ translations that would miss in one fully associative LRU TLB of each size, in the order of the trace, with the guest’s own invalidations and whatever the path. The model’s TLBs are of finite ways and stand behind others, so their misses are not on this curve.' +
      (sizes.length === 0 ? '' : ` Dashed: the profile’s main TLB has ${sizes.join(' or ')} entries.`),
    curveValues(drawn),
  );
  shell.plainTable({
    label: 'Translations behind the curve',
    headings: ['trace', 'translations', 'miss at every size', 'faults, apart'],
    rows: drawn.map(({ trace, accesses, cold_misses, faults }) => [
      trace,
      numberCell(accesses),
      numberCell(cold_misses),
      numberCell(faults),
    ]),
  });
}

function curveValues(curves: readonly PageCurve[]): DataTable {
  return {
    label: 'Miss-ratio curve',
    headings: ['trace', 'entries', 'misses', 'miss ratio'],
    rows: curves.flatMap(({ trace, points }) =>
      points.map(({ entries, misses, miss_ratio }) => [
        trace,
        numberCell(entries),
        numberCell(misses),
        numberCell(miss_ratio),
      ]),
    ),
  };
}
