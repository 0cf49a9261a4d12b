/**
 * `npm run bench -- --check`: has the tool become slower? Ratios to a calibration loop, measured in the same run, are
 * compared with those in ratios.json; `--update` measures and stores them. Exit code 1 if one fell below its tolerance.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { max, median, medianAbsoluteDeviation } from 'simple-statistics';
import { instructionCounts } from './instructions.mjs';

const FILE = join(import.meta.dirname, 'ratios.json');
const CHECK_ROUNDS = 3;
const UPDATE_ROUNDS = 9;
/** Standard deviations of one round that a figure may fall; a median of three rounds scatters less than one round. */
const SIGMAS = 4;
/** A fall that is always tolerated: less than that is not worth a failed run. */
const LEAST_TOLERANCE = 0.1;
/** What a normal distribution's median absolute deviation is multiplied with for its standard deviation. */
const MAD_TO_SIGMA = 1.4826;
/** Instruction counts hardly scatter. */
const INSTRUCTION_TOLERANCE = 0.02;

function round() {
  const probe = join(import.meta.dirname, 'probe.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [probe], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a round ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

/** Ratios of `count` rounds by figure. */
function rounds(count) {
  const byFigure = new Map();
  for (let i = 0; i < count; i++) {
    for (const [id, ratio] of Object.entries(round())) byFigure.set(id, [...(byFigure.get(id) ?? []), ratio]);
  }
  return byFigure;
}

/** Measure, and store medians with the tolerance that their scatter asks for. */
export function update() {
  const figures = {};
  for (const [id, ratios] of rounds(UPDATE_ROUNDS)) {
    const ratio = median(ratios);
    const scatter = (MAD_TO_SIGMA * medianAbsoluteDeviation(ratios)) / ratio;
    const tolerance = max([LEAST_TOLERANCE, SIGMAS * scatter]);
    figures[id] = { ratio: Number(ratio.toPrecision(4)), tolerance: Number(tolerance.toFixed(2)) };
  }
  const { counts } = instructionCounts();
  const kept = {
    node: process.version,
    arch: process.arch,
    rounds: UPDATE_ROUNDS,
    figures,
    instructions: counts ?? null,
  };
  writeFileSync(FILE, `${JSON.stringify(kept, undefined, 2)}\n`);
  process.stdout.write(`stored ${Object.keys(figures).length} ratios\n`);
}

/** Measure and compare; returns true if nothing became slower. */
export function check() {
  const stored = JSON.parse(readFileSync(FILE, 'utf8'));
  if (stored.arch !== process.arch || major(stored.node) !== major(process.version)) {
    const here = `Node ${process.version} on ${process.arch}`;
    process.stdout.write(
      `note: stored with Node ${stored.node} on ${stored.arch}, this is ${here}; run --update first\n`,
    );
  }
  let isSound = true;
  for (const [id, ratios] of rounds(CHECK_ROUNDS)) {
    const known = stored.figures[id];
    if (known === undefined) throw new Error(`no stored ratio of ${id}; run --update`);
    const change = median(ratios) / known.ratio - 1;
    const isSlow = change < -known.tolerance;
    isSound &&= !isSlow;
    report(id, change, known.tolerance, isSlow);
  }
  return checkInstructions(stored.instructions) && isSound;
}

function checkInstructions(stored) {
  const { counts, absence } = instructionCounts();
  if (counts === undefined || stored === null) {
    process.stdout.write(`instruction counts: not compared, ${absence ?? 'none are stored'}\n`);
    return true;
  }
  let isSound = true;
  for (const [id, count] of Object.entries(counts)) {
    const change = stored[id] / count - 1;
    const isSlow = change < -INSTRUCTION_TOLERANCE;
    isSound &&= !isSlow;
    report(`instructions of ${id}`, change, INSTRUCTION_TOLERANCE, isSlow);
  }
  return isSound;
}

const major = (version) => version.split('.')[0];

function report(what, change, tolerance, isSlow) {
  const percent = `${change < 0 ? '' : '+'}${(100 * change).toFixed(1)} %`;
  const verdict = isSlow ? 'SLOWER' : 'ok';
  process.stdout.write(
    `${what.padEnd(44)} ${percent.padStart(8)} (tolerated: -${(100 * tolerance).toFixed(0)} %) ${verdict}\n`,
  );
}
