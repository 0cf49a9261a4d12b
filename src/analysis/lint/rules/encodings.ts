/** Rules on single commands whose raw words the recording has (what a reader rebuilt is clean by construction). */
import { isAddressTlbi, opcodeOf, pageOfCommand, reservedCombinations, tlbiPages } from '../../../trace/command.js';
import { type EventBatch, EventFlag } from '../../../trace/events.js';
import { opcodeKey } from '../../../trace/opcodes.js';
import { ADDRESS_SPACE_PAGES, formatIova, PAGE_SHIFT } from '../../../trace/units.js';
import { visit } from '../published.js';
import type { LintCheck, LintRule, ReportBreach } from '../rule.js';

class ReservedEncoding implements LintCheck {
  check(events: EventBatch, report: ReportBreach): void {
    visit(events, {
      command: (batch, row) => {
        if ((batch.flags[row] & (EventFlag.Reconstructed | EventFlag.OpcodeOnly)) !== 0) return;
        const { cmd0Low, cmd0High, cmd1Low, cmd1High } = batch;
        const found = reservedCombinations([cmd0Low[row], cmd0High[row], cmd1Low[row], cmd1High[row]]);
        for (const rule of found) report(batch.line[row], `${opcodeKey(opcodeOf(cmd0Low[row]))}: ${rule}`);
      },
    });
  }
}

/** 4 KiB pages of the largest address space that the SMMUv3 has (52 bits). */
const LARGEST_SPACE_PAGES = 2 ** (52 - PAGE_SHIFT);

class OversizedRange implements LintCheck {
  check(events: EventBatch, report: ReportBreach): void {
    visit(events, {
      command: (batch, row) => {
        if (!isAddressTlbi(opcodeOf(batch.cmd0Low[row])) || (batch.flags[row] & EventFlag.OpcodeOnly) !== 0) return;
        const page = pageOfCommand(batch.cmd1Low[row], batch.cmd1High[row]);
        const pages = tlbiPages(batch.cmd0Low[row], batch.cmd1Low[row]);
        if (pages <= LARGEST_SPACE_PAGES && page + pages <= ADDRESS_SPACE_PAGES) return;
        const problem =
          pages > LARGEST_SPACE_PAGES ? 'is wider than 52 bits' : 'runs past the end of the address space';
        report(batch.line[row], `a range of ${pages} pages from ${formatIova(page)} ${problem}`);
      },
    });
  }
}

export const reservedEncoding: LintRule = {
  name: 'reserved-encoding',
  severity: 'warning',
  summary: 'commands have no combination that the architecture reserves',
  create: () => new ReservedEncoding(),
};

export const oversizedRange: LintRule = {
  name: 'oversized-range',
  severity: 'warning',
  summary: 'no TLBI range is wider than 52 bits or leaves the address space',
  create: () => new OversizedRange(),
};
