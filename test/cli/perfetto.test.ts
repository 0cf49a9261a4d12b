/** CLI tier: does --perfetto write a whole file or none, and refuse what makes no sense? */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RECORDED_TRACE, runCli, Sandbox } from '../support/cli.js';
import { decodePerfetto } from '../support/perfetto.js';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

const replay = (...more: string[]) => runCli(['replay', RECORDED_TRACE, '--strategy', 'ioctl', ...more]);

describe('--perfetto', () => {
  it('writes what the document says, beside the report', async () => {
    const file = box.path('t.pftrace');
    const run = await replay('--perfetto', file, '--events', '1000..2000', '--json');
    expect([run.code, run.stderr]).toEqual([0, '']);
    const { timeline } = JSON.parse(run.stdout).results[0];
    const bytes = readFileSync(file);
    expect(timeline.bytes).toBe(bytes.length);
    expect(decodePerfetto(bytes).slices().length).toBe(timeline.slices);
    expect(timeline.last_event).toBeLessThanOrEqual(2000);
    expect(box.list()).toEqual(['t.pftrace']);
  });

  it.each([
    [['--events', '1..5'], 'expected --perfetto FILE'],
    [['--perfetto', '-'], 'expected a file'],
    [['--perfetto', 'BOX/t', '--events', '5..1'], 'expected FROM..TO'],
    [['--perfetto', 'BOX/t', '--output', 'BOX/t'], 'other than that of --output'],
    [['--perfetto', 'BOX/no/t'], 'expected a file that can be written'],
    [['--perfetto', 'BOX/t', '--atc', 'vsid,broadcast'], 'expected one trace, strategy and --atc'],
  ])('%j is refused in one sentence, with nothing left behind', async (flags, sentence) => {
    const run = await replay(...flags.map((flag) => flag.replace('BOX', box.folder)));
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(sentence);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(box.list()).toEqual([]);
  });
});
