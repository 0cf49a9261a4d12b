/**
 * Hands every line of a known event to the part that reads it.
 */
import { Outcome } from '../../trace/events.js';
import type { LineCursor } from '../text/line-cursor.js';
import type { CommandLines } from './command-lines.js';
import { LineKind } from './event-names.js';
import type { GuestThread } from './guest-thread.js';
import type { HostLines } from './host-lines.js';
import { LineResult } from './line-result.js';
import type { Publication } from './publication.js';
import type { TranslationLines } from './translation-lines.js';

/** Dispatch by LineKind. */
export class LineHandlers {
  constructor(
    private readonly publication: Publication,
    private readonly commands: CommandLines,
    private readonly translations: TranslationLines,
    private readonly host: HostLines,
  ) {}

  /** Act on the line at `cursor`; `cursor.failed` is set afterwards if its payload is malformed. */
  handle(kind: number, cursor: LineCursor, thread: GuestThread, timeNs: number, line: number): LineResult {
    if (kind !== LineKind.WriteMmio) this.publication.settle();
    switch (kind) {
      case LineKind.ConfigHit:
      case LineKind.ConfigMiss:
        return this.translations.configured(cursor, thread, kind === LineKind.ConfigHit);
      case LineKind.LookupHit:
      case LineKind.LookupMiss:
        return this.translations.lookedUp(cursor, thread, kind === LineKind.LookupHit, timeNs, line);
      case LineKind.Insert:
        return this.translations.inserted(cursor, thread);
      case LineKind.Success:
        return this.translations.succeeded(cursor, thread, timeNs, line);
      case LineKind.Bypass:
        return this.translations.notTranslated(cursor, thread, Outcome.Bypass, timeNs, line);
      case LineKind.Abort:
        return this.translations.notTranslated(cursor, thread, Outcome.Abort, timeNs, line);
      case LineKind.Disabled:
        return this.translations.notTranslated(cursor, thread, Outcome.Disabled, timeNs, line);
      case LineKind.InvalidPte:
        thread.walkFailed = true;
        return LineResult.Context;
      case LineKind.TranslationTable:
        return this.translations.translationTable(cursor, thread);
      case LineKind.FaultRecord:
        return this.translations.faulted(cursor, thread, line);
      case LineKind.Consume:
        return this.commands.consumed(cursor, thread, timeNs, line);
      case LineKind.ConsumeOut:
        return this.commands.drained(thread, timeNs, line);
      case LineKind.Opcode:
        return this.commands.opcode(cursor, thread, timeNs, line);
      case LineKind.WriteMmio:
      case LineKind.ReadMmio:
        return this.commands.mmio(cursor, thread, kind === LineKind.WriteMmio, timeNs, line);
      case LineKind.HostViommu:
      case LineKind.HostVdevice:
      case LineKind.HostFree:
      case LineKind.HostInvalidation:
      case LineKind.HostSte:
      case LineKind.HostOther:
        return this.host.read(kind, cursor, thread);
      case LineKind.Context:
        return LineResult.Context;
      default:
        return this.commands.operands(kind, cursor, thread, line);
    }
  }
}
