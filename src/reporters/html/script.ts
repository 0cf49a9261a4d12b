/** What runs in the page: sorting of tables, and the course of misses by uPlot, zoomed by mouse or keys. Kept as text: it is not our process. */
export const SCRIPT = `
'use strict';
for (const table of document.querySelectorAll('table.sortable')) {
  const status = document.getElementById(table.dataset.status);
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => header.querySelector('button').addEventListener('click', () => {
    const ascending = header.getAttribute('aria-sort') !== 'ascending';
    for (const other of headers) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
    const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      return x !== '' && y !== '' && !isNaN(x) && !isNaN(y) ? x - y : x.localeCompare(y);
    };
    const rows = [...table.tBodies[0].rows].sort(compare);
    table.tBodies[0].append(...(ascending ? rows : rows.reverse()));
    status.textContent = 'sorted by ' + header.textContent.trim() + (ascending ? ', ascending' : ', descending');
  }));
}
const { results } = JSON.parse(document.getElementById('result').textContent);
const draw = (width) => {
  const ink = getComputedStyle(document.body).color;
  for (const place of document.querySelectorAll('.over-time')) {
    const series = results[place.dataset.result].main_tlb_over_time;
    const colours = place.dataset.colours.split(' ');
    const causes = Object.entries(series.misses_by_cause).filter(([, counts]) => counts.some((count) => count > 0));
    const spanNs = series.lookups.length * series.bin_ns;
    const [unit, ns] = spanNs >= 2e9 ? ['s', 1e9] : spanNs >= 2e6 ? ['ms', 1e6] : ['µs', 1e3];
    // The table of the same numbers has the names as they may be shown.
    const names = [...place.closest('figure').querySelectorAll('thead th')].slice(2).map((cell) => cell.textContent);
    const times = series.lookups.map((_, bin) => (series.start_ns + bin * series.bin_ns) / ns);
    const axis = { stroke: ink, grid: { stroke: '#8a939d55' }, ticks: { stroke: ink } };
    place.replaceChildren();
    const plot = new uPlot({
      width: width || Math.max(320, place.clientWidth), height: 240, scales: { x: { time: false } },
      axes: [{ ...axis, label: 'trace time (' + unit + ')' }, { ...axis, label: 'misses per bin' }],
      series: [{ label: 'time (' + unit + ')' }, ...causes.map((_, i) => ({
        label: names[i], stroke: colours[i], width: 2, paths: uPlot.paths.stepped({ align: 1 }) }))],
    }, [times, ...causes.map(([, counts]) => counts)], place);
    place.onkeydown = (event) => {
      const { min, max } = plot.scales.x;
      const [first, last] = [times[0], times[times.length - 1]];
      const [half, middle] = [(max - min) / 2, (max + min) / 2];
      const show = (from, until) => {
        event.preventDefault();
        plot.setScale('x', { min: Math.max(first, from), max: Math.min(last, until) });
      };
      if (event.key === '+' || event.key === '=') show(middle - half / 2, middle + half / 2);
      else if (event.key === '-') show(middle - half * 2, middle + half * 2);
      else if (event.key === 'ArrowLeft') { const by = Math.min(half / 2, min - first); show(min - by, max - by); }
      else if (event.key === 'ArrowRight') { const by = Math.min(half / 2, last - max); show(min + by, max + by); }
      else if (event.key === '0') show(first, last);
    };
  }
};
draw();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => draw());
addEventListener('resize', () => draw());
addEventListener('beforeprint', () => draw(640));
addEventListener('afterprint', () => draw());
`;
