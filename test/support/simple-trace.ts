/**
 * Lines of a QEMU log → the file that QEMU's `simple` backend would have written of the same run.
 *
 * The argument lists are those of hw/arm/trace-events at each tag (facts M §2.6), as C types: independent of the reader's
 * own table, which has printf formats.
 */

/** Kind of an argument: sign-extended, zero-extended, or text. */
type Argument = 'int' | 'uint' | 'text';

interface Event {
  /** How a log prints it; one group per argument. */
  readonly line: RegExp;
  readonly arguments: readonly Argument[];
}

const event = (text: string, ...types: Argument[]): Event => {
  const groups = { '%d': '(-?\\d+)', '%x': '([0-9a-f]+)', '%s': '(\\S+)' };
  const escaped = text.replace(/[()[\].+]/g, '\\$&').replace(/%[dxs]/g, (code) => groups[code as keyof typeof groups]);
  return { line: new RegExp(`^${escaped}$`), arguments: types };
};

const LOOKUP_7 = ['uint', 'uint', 'uint', 'uint', 'uint'] as const;
const MMIO = event('addr: 0x%x val:0x%x size: 0x%x(%d)', 'uint', 'uint', 'uint', 'uint');
const CONFIG = (what: string) =>
  event(`Config cache ${what} for sid=0x%x (hits=%d, misses=%d, hit rate=%d)`, 'uint', 'uint', 'uint', 'uint');
const COMMON: Record<string, Event> = {
  smmuv3_config_cache_hit: CONFIG('HIT'),
  smmuv3_config_cache_miss: CONFIG('MISS'),
  smmuv3_cmdq_consume: event('prod=%d cons=%d prod.wrap=%d cons.wrap=%d', 'uint', 'uint', 'uint', 'uint'),
  smmuv3_cmdq_consume_out: event('prod:%d, cons:%d, prod_wrap:%d, cons_wrap:%d ', 'uint', 'uint', 'uint', 'uint'),
  smmuv3_cmdq_opcode: event('<--- %s', 'text'),
  smmuv3_cmdq_tlbi_nh_asid: event('asid=%d', 'int'),
  smmuv3_cmdq_cfgi_ste: event('streamid= 0x%x', 'int'),
  smmuv3_cmdq_cfgi_ste_range: event('start=0x%x - end=0x%x', 'int', 'int'),
  smmuv3_cmdq_cfgi_cd: event('sid=0x%x', 'uint'),
  smmuv3_write_mmio: MMIO,
  smmuv3_read_mmio: MMIO,
  smmuv3_record_event: event('%s sid=0x%x', 'text', 'uint'),
  smmuv3_translate_bypass: event('%s sid=0x%x STE bypass iova:0x%x is_write=%d', 'text', 'uint', 'uint', 'uint'),
  smmuv3_translate_abort: event('%s sid=0x%x abort on iova:0x%x is_write=%d', 'text', 'uint', 'uint', 'uint'),
  smmuv3_translate_disable: event(
    '%s sid=0x%x bypass (smmu disabled) iova:0x%x is_write=%d',
    'text',
    'uint',
    'uint',
    'uint',
  ),
  smmuv3_decode_cd_tt: event('TT[%d]:tsz:%d ttb:0x%x granule_sz:%d had:%d', 'int', 'uint', 'uint', 'uint', 'uint'),
};
const SUCCESS = '%s sid=0x%x iova=0x%x translated=0x%x perm=0x%x';
const RANGE = 'vmid=%d asid=%d addr=0x%x tg=%d num_pages=0x%x ttl=%d leaf=%d';
const RANGE_TYPES = ['int', 'int', 'uint', 'uint', 'uint', 'uint', 'uint'] as const;

const EVENTS: Record<string, Record<string, Event>> = {
  '7.2': {
    ...COMMON,
    smmu_iotlb_lookup_hit: event('IOTLB cache HIT asid=%d addr=0x%x hit=%d miss=%d hit rate=%d', ...LOOKUP_7),
    smmu_iotlb_lookup_miss: event('IOTLB cache MISS asid=%d addr=0x%x hit=%d miss=%d hit rate=%d', ...LOOKUP_7),
    smmu_iotlb_insert: event('IOTLB ++ asid=%d addr=0x%x tg=%d level=%d', 'uint', 'uint', 'uint', 'uint'),
    smmuv3_s1_range_inval: event(RANGE, ...RANGE_TYPES),
    smmuv3_translate_success: event(SUCCESS, 'text', 'uint', 'uint', 'uint', 'int'),
    smmuv3_cmdq_tlbi_nh: event(''),
  },
  '10.x': {
    ...COMMON,
    smmu_iotlb_lookup_hit: event(
      'IOTLB cache HIT asid=%d vmid=%d addr=0x%x hit=%d miss=%d hit rate=%d',
      'int',
      'int',
      ...LOOKUP_7.slice(1),
    ),
    smmu_iotlb_lookup_miss: event(
      'IOTLB cache MISS asid=%d vmid=%d addr=0x%x hit=%d miss=%d hit rate=%d',
      'int',
      'int',
      ...LOOKUP_7.slice(1),
    ),
    smmu_iotlb_insert: event('IOTLB ++ asid=%d vmid=%d addr=0x%x tg=%d level=%d', 'int', 'int', 'uint', 'uint', 'uint'),
    smmu_iotlb_inv_asid_vmid: event('IOTLB invalidate asid=%d vmid=%d', 'int', 'int'),
    smmu_iotlb_inv_vmid: event('IOTLB invalidate vmid=%d', 'int'),
    smmu_iotlb_inv_vmid_s1: event('IOTLB invalidate vmid=%d', 'int'),
    smmuv3_range_inval: event(`${RANGE} stage=%d`, ...RANGE_TYPES, 'int'),
    smmuv3_translate_success: event(`${SUCCESS} stage=%d`, 'text', 'uint', 'uint', 'uint', 'int', 'int'),
    smmuv3_cmdq_tlbi_nh: event('vmid=%d', 'int'),
    smmuv3_cmdq_tlbi_nsnh: event(''),
    smmuv3_cmdq_tlbi_s12_vmid: event('vmid=%d', 'int'),
    smmu_config_cache_inv: event('Config cache INV for sid=0x%x', 'uint'),
  },
};

const LINE = /^\d+@(\d+)\.(\d{6}):(\S+) ?(.*)$/;

/** Builds a simple trace. */
export class SimpleTrace {
  readonly pieces: Buffer[] = [];
  private readonly ids = new Map<string, number>();

  constructor(private readonly isLittleEndian = true) {
    this.words(0xffffffffffffffffn, 0xf2b177cb0aa429b4n, 4n);
  }

  bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  /** Little or big-endian 64-bit words. */
  words(...values: bigint[]): this {
    for (const value of values) {
      const word = Buffer.alloc(8);
      if (this.isLittleEndian) word.writeBigUInt64LE(BigInt.asUintN(64, value));
      else word.writeBigUInt64BE(BigInt.asUintN(64, value));
      this.pieces.push(word);
    }
    return this;
  }

  /** Little or big-endian 32-bit word. */
  half(value: number): this {
    const half = Buffer.alloc(4);
    if (this.isLittleEndian) half.writeUInt32LE(value);
    else half.writeUInt32BE(value);
    this.pieces.push(half);
    return this;
  }

  /** A mapping record. */
  name(name: string): this {
    const id = this.ids.size + 7;
    this.ids.set(name, id);
    this.words(0n, BigInt(id)).half(name.length);
    this.pieces.push(Buffer.from(name, 'latin1'));
    return this;
  }

  /** An event record whose arguments are `pieces`. */
  event(id: bigint, timestampNs: bigint, args: Buffer): this {
    this.words(1n, id, timestampNs)
      .half(24 + args.length)
      .half(4242);
    this.pieces.push(args);
    return this;
  }

  /** The event of a log line, or of one that no layout is known for. */
  named(name: string, timestampNs: bigint, args: Buffer = Buffer.alloc(0)): this {
    return this.event(BigInt(this.ids.get(name) ?? 0), timestampNs, args);
  }

  /** Arguments of `event` as its line shows them. */
  argumentsOf(event: Event, payload: string): Buffer {
    const found = event.line.exec(payload);
    if (found === null) throw new Error(`expected ${event.line}, found ${payload}`);
    const part = new SimpleTrace(this.isLittleEndian);
    part.pieces.length = 0;
    event.arguments.forEach((type, index) => {
      const text = found[index + 1];
      if (type === 'text') {
        part.half(text.length);
        part.pieces.push(Buffer.from(text, 'latin1'));
      } else {
        const isHex = event.line.source.split('(')[index].endsWith('0x') || /[a-f]/.test(text);
        part.words(isHex ? BigInt(`0x${text}`) : BigInt(text));
      }
    });
    return part.bytes();
  }
}

/** The simple trace of the run that `log` (lines with thread and time) was recorded from. */
export function simpleTraceOf(log: string, version: '7.2' | '10.x', isLittleEndian = true): Buffer {
  const trace = new SimpleTrace(isLittleEndian);
  const lines = log.split('\n').flatMap((line) => LINE.exec(line) ?? []);
  const events = EVENTS[version];
  const names = new Set([...Object.keys(events), 'pci_cfg_read']);
  for (let at = 3; at < lines.length; at += 5) names.add(lines[at]);
  for (const name of names) trace.name(name);
  for (let at = 0; at < lines.length; at += 5) {
    const [, second, microsecond, name, payload] = lines.slice(at, at + 5);
    const timestamp = BigInt(second) * 1_000_000_000n + BigInt(microsecond) * 1000n;
    const known = events[name];
    trace.named(name, timestamp, known === undefined ? Buffer.alloc(8) : trace.argumentsOf(known, payload));
  }
  return trace.bytes();
}
