/**
 * The topology file that says what a trace shows: printed by `inspect --topology` for the user to edit.
 *
 * Given back unchanged it must not change a result. So it follows the rules by which a replay learns without a file: a
 * stream has an ATC if an ATC_INV names it, its first domain is that of its first translation outside a PASID, and each
 * later translation in another domain moves it; every PASID likewise.
 */
import { opcodeOf, sidOf } from '../trace/command.js';
import { ABSENT, type EventBatch, EventFlag, EventKind, Outcome } from '../trace/events.js';
import { Opcode } from '../trace/opcodes.js';
import { visible } from '../trace/visible.js';
import { TOPOLOGY_FORMAT } from './schema.js';
import { Topology } from './topology.js';

/** A stream enters a domain. */
interface Move {
  readonly asid: number;
  /** Trace time; ABSENT: it is there from the start. */
  readonly fromNs: number;
}

/** What the trace shows of one stream. */
interface Sighting {
  translations: number;
  atcInvalidations: number;
  /** By SubstreamID; ABSENT: the stream itself. */
  readonly moves: Map<number, Move[]>;
  /** A doorbell and a move share one time, so times cannot tell which came first. */
  isAmbiguous: boolean;
}

/** Feed batches in trace order, then take `toYaml()`. */
export class TopologyInference {
  private readonly topology = new Topology();
  private readonly sightings = new Map<number, Sighting>();
  private lastDoorbellNs = -1;

  /** Learn from a batch. */
  observe(batch: EventBatch): void {
    this.topology.survey(batch);
    const { kind, sid, timeNs, cmd0Low, cmd0High, flags } = batch;
    for (let row = 0; row < batch.count; row++) {
      if (kind[row] === EventKind.Dma && sid[row] >= 0) this.see(batch, row);
      else if (kind[row] === EventKind.Doorbell) this.lastDoorbellNs = timeNs[row];
      else if (kind[row] === EventKind.Cmd && opcodeOf(cmd0Low[row]) === Opcode.ATC_INV) {
        if ((flags[row] & EventFlag.OpcodeOnly) === 0) this.sighting(sidOf(cmd0High[row])).atcInvalidations++;
      }
    }
  }

  /** The file. `origin` says what was read: `FILE, from the whole trace (n events)`. */
  toYaml(origin: string): string {
    this.topology.settle();
    const devices = this.topology.list().map(({ sid, hasAts }) => {
      const { translations, atcInvalidations } = this.sighting(sid);
      return `  - { sid: ${hex(sid)}, ats: ${hasAts} } # ${count(translations, 'translation')}, ${count(atcInvalidations, 'ATC_INV')}`;
    });
    const bindings = this.topology.list().flatMap(({ sid }) => this.bindingLines(sid));
    return [
      `# Topology inferred from ${visible(origin)}.`,
      '# Edit it and give it to replay or compare: --topology FILE. Unchanged it changes no result.',
      `schema: ${TOPOLOGY_FORMAT}`,
      '',
      '# Physical SMMUs. Add one by a line, and say smmu: 1 for the devices behind it; queue: the guest CMDQ of its vSMMU.',
      'smmus:',
      '  - {}',
      '',
      '# sid: every StreamID that translates or that the guest configures. An ATC_INV to any other is an error with --atc vsid.',
      '# ats: true if an ATC_INV names it.',
      '# Not in a trace, add what you know: psid (physical StreamID), atc_entries (instead of the profile’s atc.entries).',
      devices.length === 0 ? 'devices: []' : 'devices:',
      ...devices,
      ...this.topology.strays.map((sid) => `  # ${hex(sid)}: only ATC_INVs name it; a device if you say so`),
      '',
      '# asid: the ASID of its translations, of those with a PASID if there is an ssid. from_ns: the first with another one.',
      bindings.length === 0 ? 'bindings: []' : 'bindings:',
      ...bindings,
      '',
    ].join('\n');
  }

  private see(batch: EventBatch, row: number): void {
    const { asid, ssid, outcome, timeNs } = batch;
    const sighting = this.sighting(batch.sid[row]);
    const { moves } = sighting;
    sighting.translations++;
    if (asid[row] < 0) return;
    const own = moves.get(ssid[row]);
    const latest = own?.at(-1);
    if (own === undefined || latest === undefined) {
      moves.set(ssid[row], [{ asid: asid[row], fromNs: ABSENT }]);
      return;
    }
    // A replay moves a stream only when it translates, not when it bypasses the SMMU.
    if (outcome[row] >= Outcome.Bypass || latest.asid === asid[row]) return;
    if (timeNs[row] === this.lastDoorbellNs) sighting.isAmbiguous = true;
    if (latest.fromNs === timeNs[row]) own.pop();
    own.push({ asid: asid[row], fromNs: timeNs[row] });
  }

  private bindingLines(sid: number): string[] {
    const { moves, isAmbiguous } = this.sighting(sid);
    if (moves.size === 0) return [`  # ${hex(sid)}: never translates; it counts in every domain`];
    if (isAmbiguous) {
      return [`  # ${hex(sid)}: moves at the very time of a doorbell; left to the trace, which has the order`];
    }
    const inOrder = [...moves].sort(([a], [b]) => a - b);
    return inOrder.flatMap(([ssid, own]) =>
      own.map(({ asid, fromNs }) => {
        const pasid = ssid === ABSENT ? '' : `, ssid: ${ssid}`;
        const from = fromNs === ABSENT ? '' : `, from_ns: ${fromNs}`;
        return `  - { sid: ${hex(sid)}${pasid}, asid: ${asid}${from} }`;
      }),
    );
  }

  private sighting(sid: number): Sighting {
    let sighting = this.sightings.get(sid);
    if (sighting === undefined) {
      sighting = { translations: 0, atcInvalidations: 0, moves: new Map(), isAmbiguous: false };
      this.sightings.set(sid, sighting);
    }
    return sighting;
  }
}

const hex = (sid: number): string => `0x${sid.toString(16)}`;

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
