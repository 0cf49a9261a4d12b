/** What became of a guest command. */
export const enum Fate {
  /** It goes to the physical SMMU (perhaps rewritten, perhaps more than once). */
  Forwarded = 0,
  /** The VMM or host kernel does it on the guest's behalf; no command of this kind reaches the SMMU for it. */
  Emulated = 1,
  /** It ends in the virtual SMMU: the guest's CMD_SYNC on a trapped path, what a paravirtual device has no request for. */
  Absorbed = 2,
  /** The path refuses it; it has no effect at all. */
  Refused = 3,
  /** It is dropped without a word: no effect, but the guest counts it as done. */
  Swallowed = 4,
}

/** The same by name, for strategy files: a const enum is gone when the tool runs. */
export const FATES: { readonly [Name in keyof typeof Fate]: (typeof Fate)[Name] } = {
  Forwarded: Fate.Forwarded,
  Emulated: Fate.Emulated,
  Absorbed: Fate.Absorbed,
  Refused: Fate.Refused,
  Swallowed: Fate.Swallowed,
};
