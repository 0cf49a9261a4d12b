/** C4, C7, C8: what a Linux guest sends. */
import { describe, expect, it } from 'vitest';
import { expandPages } from '../../../src/guest/driver/page-expander.js';
import { EventKind } from '../../../src/trace/events.js';
import { Opcode, opcodeClass } from '../../../src/trace/opcodes.js';
import { seededRandom } from '../../analysis/oracle/random.js';
import { flushLazily, type LazyUnmap } from '../../support/flush-log.js';
import { readTrace, tracePath } from '../../support/traces.js';
import type { VerdictTable } from '../verdicts.js';

/** TLBIs, SYNCs and SYNCs right behind a SYNC, in the order in which the guest wrote them. */
async function tlbisAndSyncs(name: string): Promise<{ tlbis: number; syncs: number; adjacent: number }> {
  const { batches } = await readTrace(tracePath(name));
  const counts = { tlbis: 0, syncs: 0, adjacent: 0 };
  let isAfterSync = false;
  for (const batch of batches) {
    for (let row = 0; row < batch.count; row++) {
      if (batch.kind[row] !== EventKind.Cmd) continue;
      const opcode = batch.cmd0Low[row] & 0xff;
      const isSync = opcode === Opcode.SYNC;
      if (opcodeClass(opcode) === 'tlbi') counts.tlbis++;
      if (isSync) counts.syncs++;
      if (isSync && isAfterSync) counts.adjacent++;
      isAfterSync = isSync;
    }
  }
  return counts;
}

export function checkGuestTraffic(table: VerdictTable): void {
  describe('C4: a strict guest', () => {
    it('sends one SYNC per TLBI', async () => {
      const { tlbis, syncs, adjacent } = await tlbisAndSyncs('rebind-strict.qemu-7.2.log.xz');
      const ratio = tlbis / syncs;
      table.add(
        'C4 TLBI : SYNC, rebind-strict',
        '1 : 1 (N4)',
        `${tlbis} : ${syncs} = ${ratio.toFixed(3)}`,
        Math.abs(ratio - 1) <= 0.1 ? 'held' : 'partly',
      );
      table.add(
        'C4 adjacent SYNCs',
        'a third, kernel of 2018 (N4)',
        `${adjacent} of ${syncs}, kernel 6.1`,
        adjacent / syncs > 0.25 && adjacent / syncs < 0.42 ? 'held' : 'not reproduced',
      );
      expect(Math.abs(ratio - 1)).toBeLessThanOrEqual(0.1);
    });
  });

  describe('C7: 512 pages without range invalidation', () => {
    it('is 512 NH_VA before v7.1 and one NH_ASID from then on', () => {
      const request = { page: 0x1000, bytes: 512 * 4096, granuleLog2: 12, leaf: true };
      const count = (era: 'before-6.6' | '6.6-to-7.0' | 'from-7.1') => {
        const expansion = expandPages(request, era, 'dma');
        return expansion.kind === 'asid-wide' ? '1 NH_ASID' : `${expansion.commands.length} NH_VA`;
      };
      const got = [count('before-6.6'), count('6.6-to-7.0'), count('from-7.1')];
      table.add('C7 512 pages, DMA API', '512 NH_VA before v7.1, then 1 NH_ASID (L §2.3)', got.join(', '), 'held');
      expect(got).toEqual(['512 NH_VA', '512 NH_VA', '1 NH_ASID']);
    });
  });

  describe('C8: lazy mode', () => {
    it.each([
      [1_000, 1],
      [50_000, 1],
      [400_000, 8],
    ])('%i unmaps/s at random on %i CPUs', (perSecond, cpus) => {
      const random = seededRandom(perSecond);
      const times = Array.from({ length: perSecond }, () => random(1_000_000_000)).sort((a, b) => a - b);
      const unmaps: LazyUnmap[] = times.map((timeNs) => ({ timeNs, cpu: random(cpus) }));
      const { flushes } = flushLazily(unmaps);
      const timers = flushes.filter(({ cause }) => cause === 'timer').length;
      const full = flushes.length - timers;
      const most = Array.from({ length: cpus }, (_, cpu) =>
        Math.floor(unmaps.filter((unmap) => unmap.cpu === cpu).length / 255),
      ).reduce((sum, n) => sum + n, 0);
      table.add(
        `C8 ${perSecond} unmaps/s, ${cpus} CPU${cpus === 1 ? '' : 's'}`,
        `timer ≤ 100/s; full rings ≤ ${most} (L §2.7)`,
        `${timers} by timer, ${full} by full rings`,
        'held',
      );
      expect(timers).toBeLessThanOrEqual(100);
      expect(full).toBeLessThanOrEqual(most);
    });
  });
}
