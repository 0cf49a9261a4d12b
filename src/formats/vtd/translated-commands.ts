/**
 * Writes translated VT-d descriptors as `cmd` rows and keeps the count of what was translated and what was not.
 */

import { opcodeOf } from '../../trace/command.js';
import { EventFlag, EventKind } from '../../trace/events.js';
import { Opcode } from '../../trace/opcodes.js';
import { addNote } from '../notes.js';
import type { ReaderStatistics } from '../reader.js';
import type { EventSink } from '../text/event-sink.js';
import { DescriptorTranslator, Translation } from './descriptor.js';

/** The way from descriptors to rows. */
export class TranslatedCommands {
  /** True if the latest descriptor written was a wait. */
  isSync = false;
  private readonly translator = new DescriptorTranslator();

  constructor(
    private readonly sink: EventSink,
    private readonly statistics: ReaderStatistics,
  ) {}

  /** Append the row of one descriptor; false if it has none. */
  append(
    lowLow: number,
    lowHigh: number,
    highLow: number,
    highHigh: number,
    timeNs: number,
    line: number,
    vcpu: number,
  ): boolean {
    const { translator, statistics, sink } = this;
    const outcome = translator.translate(lowLow, lowHigh, highLow, highHigh);
    this.isSync = false;
    if (outcome !== Translation.Command) {
      addNote(
        statistics,
        line,
        outcome === Translation.NoCounterpart
          ? 'interrupt entry cache descriptor: an SMMU has no such cache, left out'
          : 'VT-d descriptor of a type without a translation: left out',
      );
      return false;
    }
    if (translator.isWidened) addNote(statistics, line, 'VT-d descriptor translated to a wider command');
    const batch = sink.append(EventKind.Cmd, timeNs, line);
    const { row } = sink;
    batch.cmd0Low[row] = translator.c0Low;
    batch.cmd0High[row] = translator.c0High;
    batch.cmd1Low[row] = translator.c1Low;
    batch.cmd1High[row] = translator.c1High;
    batch.vcpu[row] = vcpu;
    batch.flags[row] = EventFlag.Reconstructed;
    if (translator.isOpcodeOnly) {
      batch.flags[row] |= EventFlag.OpcodeOnly;
      statistics.opcodeOnlyCommands++;
    }
    statistics.translatedFrom = 'VT-d';
    statistics.translatedCommands++;
    this.isSync = opcodeOf(translator.c0Low) === Opcode.SYNC;
    return true;
  }
}
