/**
 * Who a cached translation belongs to: an ASID and VMID of stage 1, or a VMID of stage 2 only.
 *
 * Contexts are numbered from 0 in order of appearance. −1 is an identifier that the trace does not give; a command that
 * names any value of it matches, because nothing says that it does not.
 */

const UNKNOWN = -1;
const IDS = 2 ** 16 + 1;

/** Numbers contexts and answers which of them a command names. */
export class AddressContexts {
  #asid = new Int32Array(16);
  #vmid = new Int32Array(16);
  #isStage2 = new Uint8Array(16);
  #count = 0;
  readonly #numberOfKey = new Map<number, number>();
  #lastKey = Number.NaN;
  #lastNumber = 0;

  /** Contexts seen so far. */
  get count(): number {
    return this.#count;
  }

  /** Number of the context with these tags. A stage-2 context has no ASID. */
  numberOf(asid: number, vmid: number, isStage2: boolean): number {
    const asidTag = isStage2 ? UNKNOWN : asid;
    const key = ((vmid + 1) * IDS + asidTag + 1) * 2 + (isStage2 ? 1 : 0);
    if (key === this.#lastKey) return this.#lastNumber;
    const known = this.#numberOfKey.get(key);
    this.#lastKey = key;
    this.#lastNumber = known ?? this.#add(key, asidTag, vmid, isStage2);
    return this.#lastNumber;
  }

  /** Does a stage-1 command with this ASID (−1: any) and VMID name the context? */
  isStage1Of(context: number, asid: number, vmid: number): boolean {
    if (this.#isStage2[context] === 1) return false;
    const own = this.#asid[context];
    return (asid === UNKNOWN || own === UNKNOWN || own === asid) && this.isOfVmid(context, vmid);
  }

  /** Does TLBI_S2_IPA with this VMID name the context? */
  isStage2Of(context: number, vmid: number): boolean {
    return this.#isStage2[context] === 1 && this.isOfVmid(context, vmid);
  }

  /** Does a command for both stages of this VMID name the context? */
  isOfVmid(context: number, vmid: number): boolean {
    const own = this.#vmid[context];
    return own === UNKNOWN || own === vmid;
  }

  #add(key: number, asid: number, vmid: number, isStage2: boolean): number {
    const number = this.#count++;
    if (number === this.#asid.length) this.#grow();
    this.#asid[number] = asid;
    this.#vmid[number] = vmid;
    this.#isStage2[number] = isStage2 ? 1 : 0;
    this.#numberOfKey.set(key, number);
    return number;
  }

  #grow(): void {
    const { length } = this.#asid;
    const asid = new Int32Array(length * 2);
    const vmid = new Int32Array(length * 2);
    const isStage2 = new Uint8Array(length * 2);
    asid.set(this.#asid);
    vmid.set(this.#vmid);
    isStage2.set(this.#isStage2);
    this.#asid = asid;
    this.#vmid = vmid;
    this.#isStage2 = isStage2;
  }
}
