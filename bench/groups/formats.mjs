/**
 * The formats that a trace can be kept in, written by the tool and read back from memory: a recording repeated
 * (`--repeat`), and a generated stream.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { built, eventsOf } from '../built.mjs';
import { rate } from '../measure.mjs';
import { EVENTS_PER_IO, nvmeStream } from '../nvme-stream.mjs';
import { smmuscope } from '../tool.mjs';

const PIECE_BYTES = 1 << 19;
/** Repetitions of the recording: 3.1 M events of the default one. */
const REPEAT = 32;
/** Events of each generated trace: a run takes a tenth of a second or more. */
const EVENTS = { arrow: 3_000_000, csv: 400_000, jsonl: 400_000 };
/** Arrow's loops are many and each runs once per 8192 events: it takes some runs until the last of them is compiled. */
const ARROW_RUNS = { warmUps: 15, runs: 15 };

/** `log`: the recording that is repeated. */
export async function* formats({ log }) {
  yield* figure('arrow', `${basename(log)} x ${REPEAT}`, 'recording', repeated(log));
  for (const [format, events] of Object.entries(EVENTS)) {
    yield* figure(format, 'NVMe-like stream', 'stream', await generated(format, events));
  }
}

async function* figure(format, what, source, kept) {
  const { readerByName } = await built('formats/registry.js');
  const reader = readerByName(format);
  let count = 0;
  const measured = await rate(
    async () => {
      count = 0;
      for await (const batch of eventsOf(reader, kept, PIECE_BYTES)) count += batch.count;
      return count;
    },
    format === 'arrow' ? ARROW_RUNS : {},
  );
  const size = `${(count / 1e6).toFixed(1)} M events, ${(kept.length / 1e6).toFixed(0)} MB`;
  yield {
    id: `formats/${format}-${source}`,
    what: `decode ${format}: ${what}, ${size}`,
    unit: 'M events/s',
    ...measured,
  };
}

function repeated(log) {
  const folder = mkdtempSync(join(tmpdir(), 'smmuscope-bench-'));
  const file = join(folder, 'repeated.arrow');
  try {
    smmuscope(['convert', log, file, '--repeat', String(REPEAT), '--quiet']);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function generated(format, events) {
  const { writerByName } = await built('formats/output-registry.js');
  const { writerContext } = await built('formats/writer.js');
  const batches = nvmeStream(events / EVENTS_PER_IO);
  const pieces = [];
  for await (const piece of writerByName(format).write(batches, writerContext())) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}
