/** Command line: is a file that stands where another kind was expected called by its name, with the command that it is for? */
import { afterAll, describe, expect, it } from 'vitest';
import { WarmCli } from '../support/warm-cli.js';

const warm = new WarmCli();
afterAll(() => warm.close());

const RESULT = 'docs/examples/rebind-strict.result.json';
const STUDY = 'docs/examples/study.yaml';
const TOPOLOGY = 'docs/examples/topology.yaml';
const CSV = 'traces/csv/strict-unmap.csv';
const LOG = 'traces/rebind-strict.qemu-7.2.log.xz';

const A_RESULT = 'found a document of the tool (smmuscope.result/2), which `smmuscope report` shows';
const A_STUDY = 'found a study, which `smmuscope sweep` runs';
const A_TOPOLOGY = 'found a topology, which --topology takes';
const A_CSV = 'found a trace (csv), which `smmuscope inspect` reads';
const PACKED = 'found compressed data, as traces may be: `smmuscope inspect` reads those';

describe('a file in the wrong place', () => {
  it.each([
    [`replay ${RESULT} --strategy ioctl`, 4, A_RESULT],
    [`inspect ${STUDY}`, 4, A_STUDY],
    [`compare ${TOPOLOGY}`, 4, A_TOPOLOGY],
    [`report ${LOG}`, 2, PACKED],
    [`report ${CSV}`, 2, A_CSV],
    [`report ${STUDY}`, 2, A_STUDY],
    [`sweep ${CSV}`, 2, A_CSV],
    [`sweep ${LOG}`, 2, PACKED],
    [`sweep ${RESULT}`, 2, A_RESULT],
    [`merge ${CSV}`, 5, A_CSV],
    [`merge ${RESULT}`, 5, A_RESULT],
    [`compare ${CSV} --topology ${STUDY}`, 2, A_STUDY],
    [`compare ${CSV} --profile ${TOPOLOGY}`, 2, A_TOPOLOGY],
    [`compare ${CSV} --gate ${STUDY}`, 2, A_STUDY],
  ])('%s', async (command, exitCode, found) => {
    const { code, stdout, stderr } = await warm.run(command.split(' '));
    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    expect(stderr).toMatch(/^smmuscope: .*\n$/);
    expect(stderr).toContain(found);
  });
});
