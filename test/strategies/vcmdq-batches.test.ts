/**
 * Strategies tier: does a batch that Linux begins on one queue stay there, and do forwarding and submission agree on it?
 * Source: facts N26 §A3 (arm_smmu_cmdq_batch_add_cmd_p), §H "mixed batch on a VCMDQ".
 */
import { describe, expect, it } from 'vitest';
import { replayThrough } from '../support/replay-harness.js';
import { TraceBuilder } from '../support/trace-builder.js';

/** T = TLBI_NH_VA, D = CFGI_CD, S = CMD_SYNC; space = doorbell, and one at the end. */
function script(text: string): TraceBuilder {
  const trace = new TraceBuilder();
  for (const letter of text) {
    if (letter === 'T') trace.tlbis(1);
    else if (letter === 'D') trace.cmd('CFGI_CD', { SID: 8, LEAF: 1 });
    else if (letter === 'S') trace.sync();
    else trace.doorbell();
  }
  return trace.doorbell();
}

/** What the main queue and the VCMDQs consumed, and the amplification. */
async function run(text: string) {
  const { amplification, host } = (await replayThrough(script(text), 'hw-vcmdq')).result;
  const [main, ...vcmdqs] = host.queues.map(({ consumed }) => consumed);
  return { ...amplification, main, vcmdqs: vcmdqs.reduce((sum, one) => sum + one, 0) };
}

describe('hw-vcmdq', () => {
  it('CFGI_CD, TLBI, SYNC: the batch begins on the main queue and stays: two exits, two ioctls', async () => {
    expect(await run('DTS')).toMatchObject({ exits: 2, ioctls: 2, added_syncs: 2, main: 4, vcmdqs: 0 });
  });

  it('TLBI, CFGI_CD, TLBI, SYNC: the VCMDQ’s part is closed with a SYNC, the rest stays on the main queue', async () => {
    expect(await run('TDTS')).toMatchObject({ exits: 2, ioctls: 2, added_syncs: 1 + 2, main: 4, vcmdqs: 2 });
  });

  it('a SYNC ends the batch, and so does a doorbell: the next one picks anew', async () => {
    expect(await run('DSTS')).toMatchObject({ exits: 2, ioctls: 1, main: 2, vcmdqs: 2 });
    // Without a SYNC there is nothing to read CONS for.
    expect(await run('D TS')).toMatchObject({ exits: 1, ioctls: 1, main: 2, vcmdqs: 2 });
  });

  it('a full batch of 64 is issued without a SYNC, and the next command picks anew', async () => {
    const begun = `D${'T'.repeat(63)}`;
    expect(await run(`${begun}S`)).toMatchObject({ exits: 2, ioctls: 64, vcmdqs: 0 });
    expect(await run(`${begun}TS`)).toMatchObject({ exits: 1, ioctls: 64, vcmdqs: 2 });
    expect(await run(`${'T'.repeat(65)}S`)).toMatchObject({ exits: 0, added_syncs: 0, main: 0, vcmdqs: 66 });
  });

  it('any mixture goes where the driver’s rules send it, command by command', async () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let round = 0; round < 40; round++) {
      const text = Array.from({ length: 100 }, () => 'TTTTTTTTTTTTDSS '[random(round % 2 === 0 ? 16 : 13)]).join('');
      let expectedMain = 0;
      let expectedVcmdqs = 0;
      for (const publication of text.split(' ')) {
        for (const batch of publication.split(/(?<=S)/)) {
          let queue = '';
          let commands = 0;
          for (const letter of batch.replace('S', '')) {
            const isFlushed = queue === 'vcmdq' && letter === 'D';
            if (isFlushed) expectedVcmdqs++; // the driver's SYNC
            if (queue === '' || isFlushed || commands === 64) {
              queue = letter === 'D' ? 'main' : 'vcmdq';
              commands = 0;
            }
            commands++;
            if (queue === 'main')
              expectedMain += 2; // and the host's SYNC
            else expectedVcmdqs++;
          }
          if (batch.endsWith('S') && queue !== 'main') expectedVcmdqs++;
        }
      }
      const { main, vcmdqs, ioctls } = await run(text);
      expect({ text, main, vcmdqs, ioctls }).toEqual({
        text,
        main: expectedMain,
        vcmdqs: expectedVcmdqs,
        ioctls: expectedMain / 2,
      });
    }
  });
});
