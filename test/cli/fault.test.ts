/** Command line: is a fault in the provenance and in the result, with every reporter, and nowhere without --fault? */
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';
import { WarmCli } from '../support/warm-cli.js';

const TRACE = 'traces/csv/ats-four-devices.csv';

const warm = new WarmCli();
afterAll(() => warm.close());

describe('--fault', () => {
  it('is listed in the provenance in its canonical spelling, and its incidents are in the JSON', async () => {
    const faults = ['--fault', 'silent-device=16', '--fault', 'unknown-vsid:ATC_INV@20'];
    const { code, stdout } = await warm.run(['replay', TRACE, '--strategy', 'ioctl', ...faults, '--json']);
    expect(code).toBe(0);
    const { provenance, results } = JSON.parse(stdout);
    expect(provenance.faults).toEqual(['silent-device=0x10', 'unknown-vsid@20']);
    expect(results[0].errors.incidents).toMatchObject({
      'silent-device=0x10': { status: 'injected', guest_learns: 'synchronous' },
      'unknown-vsid@20': { status: 'injected', cerror: 'CERROR_ILL' },
    });
    expect(results[0].errors.unknown_vsid).toBe(1);
  });

  it('leaves no trace when it is not given', async () => {
    const { stdout } = await warm.run(['replay', TRACE, '--strategy', 'ioctl', '--json']);
    const { provenance, results } = JSON.parse(stdout);
    expect(provenance).not.toHaveProperty('faults');
    expect(results[0].errors).not.toHaveProperty('incidents');
    expect(results[0].latency.breakdown_total_ns.error).toBe(0);
  });

  it('gives the same bytes twice, in a process of its own and in another', async () => {
    const args = ['compare', TRACE, '--fault', 'illegal@7', '--fault', 'dead-worker@30', '--json'];
    const [first, second] = await Promise.all([warm.run(args), runCli(args)]);
    expect(first.code).toBe(0);
    expect(first.stdout).toBe(second.stdout);
  });
});
