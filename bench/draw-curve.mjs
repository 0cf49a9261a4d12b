/** Scaling curves as SVG files, drawn by Observable Plot. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const FOLDER = join(import.meta.dirname, 'curves');

/** Write `curves/ID.svg`: medians as a line, least to greatest as a bar, on a logarithmic x axis; y begins at 0. */
export function drawCurve(id, points, { x, y }) {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    document,
    className: 'curve',
    width: 640,
    height: 320,
    marginLeft: 64,
    ariaLabel: `${y} by ${x}`,
    x: { type: 'log', label: x, tickFormat: '~s' },
    y: { label: y, grid: true, zero: true },
    marks: [
      Plot.ruleY([0]),
      Plot.ruleX(points, { x: 'x', y1: 'low', y2: 'high', stroke: '#94a3b8' }),
      Plot.line(points, { x: 'x', y: 'value', stroke: '#1d4f91' }),
      Plot.dot(points, { x: 'x', y: 'value', fill: '#1d4f91' }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${id}.svg`), `${svg.outerHTML}\n`);
}
