/** The page's style sheet. Colours follow the reader's light or dark setting; prints are always light. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --back: #ffffff; --soft: #eef1f4; --line: #8a939d; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8ebee; --back: #14171a; --soft: #22272c; --line: #7d8690; --link: #8ec2ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 76rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--back); }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); } h3 { font-size: .95rem; margin: .5rem 0 0; }
p, figcaption, .notes { max-width: 60rem; } li, p { overflow-wrap: anywhere; } h1 + p { font-size: .95rem; }
a { color: var(--link); } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
figure { margin: 1rem 0; --plot-background: var(--back); }
figcaption { font-size: .9rem; }
.chart svg[role=img] { max-width: 100%; height: auto; } .chart.narrow { display: none; }
@media screen and (max-width: 46rem) { body { padding: 1rem; } .chart.wide { display: none; } .chart.narrow { display: block; } }
.plot-swatches { font-size: .85rem; margin-bottom: 0; } .plot figure, figure.plot-figure { margin: 0; }
.multiples { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: .5rem 1.5rem; }
.multiples > * { min-width: 0; }
.scroll { overflow-x: auto; } details .scroll { max-height: 24rem; overflow-y: auto; }
.scroll th:first-child { position: sticky; left: 0; background: var(--back); } .scroll thead th:first-child { background: var(--soft); }
summary { cursor: pointer; font-size: .9rem; } .sorted { min-height: 1.5em; margin: .25rem 0; font-size: .9rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; font-size: .9rem; }
caption { text-align: left; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, th.text, td.text { text-align: left; } td.text { white-space: normal; min-width: 10rem; max-width: 28rem; } details td.text { max-width: 60rem; }
thead th { background: var(--soft); white-space: normal; vertical-align: bottom; }
th button { all: unset; cursor: pointer; font-weight: bold; }
th button:focus-visible { outline: 3px solid var(--link); }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }
.over-time { min-height: 16rem; } .u-legend { text-align: left; }
@media print {
  :root { --text: #000; --back: #fff; --soft: #eee; --link: #000; color-scheme: light; }
  body { max-width: none; font-size: 10pt; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; }
  table { font-size: 6pt; } th, td { white-space: normal; padding: .1rem .15rem; } td.text { min-width: 0; } td[data-value] { white-space: nowrap; }
  thead th { font-size: 5pt; } tbody th { overflow-wrap: anywhere; } .scroll th:first-child { position: static; } caption, nav, details, .sorted { display: none; }
  .scroll { overflow: visible; } .multiples { grid-template-columns: 1fr 1fr; }
  .multiples > * { break-inside: avoid; }
}
`;
