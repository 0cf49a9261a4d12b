/** Transforming while a trace is read is the same as reading what `convert` made of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectTrace } from '../../../src/analysis/inspect/inspect-trace.js';
import { lintTrace } from '../../../src/analysis/lint/lint-trace.js';
import { openRecording } from '../../../src/formats/open-recording.js';
import { openTrace } from '../../../src/formats/open-trace.js';
import type { TransformOptions } from '../../../src/guest/transforms/transform.js';
import { convertTrace, estimateConversion } from '../../../src/session/convert.js';
import { missRatioCurves } from '../../../src/session/mrc.js';
import { transformed } from '../../../src/session/transformed.js';
import { Sandbox } from '../../support/cli.js';
import { tracePath } from '../../support/traces.js';

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.remove());

const path = tracePath('rebind-strict.qemu-7.2.log.xz');
const LIMIT = 8000;
const CASES: [string, TransformOptions][] = [
  ['guest-lazy', { guestLazy: true }],
  ['guest-ats and ranges', { guestAts: true, guestRil: 'on' }],
  ['repetition and time scale', { repeat: 2, timeScale: 3 }],
];

describe('a converted trace', () => {
  it.each(CASES)('with %s counts as the transform does on the fly', async (_name, transforms) => {
    const output = sandbox.path('made.csv');
    const saved = await convertTrace(path, output, { transforms, limit: LIMIT });
    const trace = await openTrace(path);
    const onTheFly = await inspectTrace(trace, {
      limit: LIMIT,
      transform: (batches) => transformed(trace, path, { transforms, limit: LIMIT }, batches),
    });
    const converted = await inspectTrace(await openTrace(output));
    expect(saved.events).toBe(converted.events);
    expect({ commands: converted.commands, translations: converted.dma }).toEqual({
      commands: onTheFly.commands,
      translations: onTheFly.dma,
    });
  });

  it.each(CASES)('with %s has the same miss-ratio curve', async (_name, transforms) => {
    const output = sandbox.path('made.csv');
    await convertTrace(path, output, { transforms, limit: LIMIT });
    const options = { sizes: [4, 16, 64, 1024], msi: true };
    const onTheFly = await missRatioCurves([path], { ...options, transforms, limit: LIMIT });
    const [converted] = (await missRatioCurves([output], { ...options, limit: undefined })).results;
    const [{ trace: _trace, ...curve }] = onTheFly.results;
    expect(converted).toMatchObject(curve);
    expect(onTheFly.provenance.transforms).not.toEqual([]);
  });

  it('of two joined recordings holds both', async () => {
    const output = sandbox.path('joined.csv');
    const joined = { with: path };
    const ftrace = tracePath('rebind-strict.ftrace.txt.xz');
    const saved = await convertTrace(ftrace, output, joined);
    const converted = await inspectTrace(await openTrace(output));
    const both = await inspectTrace(await openRecording(ftrace, joined));
    expect(saved.events).toBe(both.events);
    // A CSV file does not say who recorded it, nor that recording was part of what was measured.
    expect({ ...converted.recorded_latency, includes_tracing: true }).toEqual(both.recorded_latency);
    expect(converted.dma).toEqual(both.dma);
    expect((await lintTrace(await openRecording(ftrace, joined))).errors).toBe(0);
    const options = { sizes: [16], msi: true, limit: undefined };
    const [{ trace: _trace, ...curve }] = (await missRatioCurves([ftrace], { ...options, ...joined })).results;
    expect(curve.accesses).toBeGreaterThan(10_000);
    expect((await missRatioCurves([output], options)).results[0]).toMatchObject(curve);
  });

  it('is as large as the estimate of its whole says', async () => {
    const output = sandbox.path('made.csv');
    const transforms = { guestAts: true };
    const estimate = await estimateConversion(path, output, { transforms, limit: LIMIT });
    const saved = await convertTrace(path, output, { transforms, limit: LIMIT });
    expect(estimate).toMatchObject({ isExact: true, events: saved.events, bytes: saved.bytes });
    const twice = await estimateConversion(path, output, { transforms: { repeat: 2 }, limit: LIMIT });
    expect(twice).toMatchObject({ isExact: false, events: 2 * LIMIT });
  });
});
