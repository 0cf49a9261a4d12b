/**
 * `npm run bench -- --check`: has the tool become slower? Ratios to a calibration loop, measured in the same run, are
 * compared with those in ratios.json; `--update` measures and stores them.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { combinations, max, median, min } from 'simple-statistics';
import { instructionCounts } from './instructions.mjs';

/** The stored ratios. */
export const RATIOS = join(import.meta.dirname, 'ratios.json');
/** Rounds of a check; a ratio is the best rate of them over the best of the calibration loop. */
const ROUNDS = 3;
/** Rounds from which ratios are stored: the tolerance comes from all choices of ROUNDS among them. */
const UPDATE_ROUNDS = 5;
/** A fall that is always tolerated. */
const LEAST_TOLERANCE = 0.15;
/** How far below the median a check may come, in units of the farthest that a choice of rounds came. */
const MARGIN = 2;
/** A fall by a third is what a slowdown of 1.5 makes: a tolerance near that would guard nothing, and is not stored. */
const GREATEST_TOLERANCE = 0.25;
/** Instruction counts hardly scatter. */
const INSTRUCTION_TOLERANCE = 0.02;

/** One round in a process of its own; its work takes `slowdown` times as long. */
function round(slowdown) {
  const probe = join(import.meta.dirname, 'probe.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [probe, String(slowdown)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`a round ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

const roundsOf = (count, slowdown = 1) => Array.from({ length: count }, () => round(slowdown));

/** The ratio of one figure over some rounds. */
const ratioOf = (rounds, id) => max(rounds.map(({ rates }) => rates[id])) / max(rounds.map((one) => one.calibration));

/** Measure, and store each ratio with the tolerance that its scatter asks for; returns true if they were stored. */
export function update() {
  const rounds = roundsOf(UPDATE_ROUNDS);
  const choices = combinations(rounds, ROUNDS);
  const figures = {};
  let isStored = true;
  for (const id of Object.keys(rounds[0].rates)) {
    const ratios = choices.map((choice) => ratioOf(choice, id));
    const ratio = median(ratios);
    const tolerance = max([LEAST_TOLERANCE, MARGIN * (1 - min(ratios) / ratio)]);
    figures[id] = { ratio: Number(ratio.toPrecision(4)), tolerance: Number(tolerance.toFixed(2)) };
    if (tolerance <= GREATEST_TOLERANCE) continue;
    isStored = false;
    process.stdout.write(`${id}: scatters so much that a fall of ${percent(tolerance)} would pass\n`);
  }
  if (!isStored) {
    process.stdout.write(
      `nothing stored: ${percent(GREATEST_TOLERANCE)} is the most; try again when less runs beside\n`,
    );
    return false;
  }
  const { counts } = instructionCounts();
  const kept = {
    node: process.version,
    arch: process.arch,
    rounds: UPDATE_ROUNDS,
    figures,
    instructions: counts ?? null,
  };
  writeFileSync(RATIOS, `${JSON.stringify(kept, undefined, 2)}\n`);
  process.stdout.write(`stored ${Object.keys(figures).length} ratios\n`);
  return true;
}

/**
 * Measure and compare; returns true if nothing became slower.
 * `slowdown`: every piece of work takes so many times as long, to see what the check says.
 */
export function check(slowdown) {
  const stored = JSON.parse(readFileSync(RATIOS, 'utf8'));
  if (stored.arch !== process.arch || major(stored.node) !== major(process.version)) {
    const here = `Node ${process.version} on ${process.arch}`;
    process.stdout.write(
      `note: stored with Node ${stored.node} on ${stored.arch}, this is ${here}; run --update first\n`,
    );
  }
  const rounds = roundsOf(ROUNDS, slowdown);
  let isSound = true;
  for (const id of Object.keys(rounds[0].rates)) {
    const known = stored.figures[id];
    if (known === undefined) throw new Error(`no stored ratio of ${id}; run --update`);
    const change = ratioOf(rounds, id) / known.ratio - 1;
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
const percent = (share) => `${(100 * share).toFixed(0)} %`;

function report(what, change, tolerance, isSlow) {
  const changed = `${change < 0 ? '' : '+'}${(100 * change).toFixed(1)} %`;
  const verdict = isSlow ? 'SLOWER' : 'ok';
  process.stdout.write(`${what.padEnd(44)} ${changed.padStart(8)} (tolerated: -${percent(tolerance)}) ${verdict}\n`);
}
