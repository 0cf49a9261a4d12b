/** The profile that is taken where none is named. */
export const DEFAULT_PROFILE = 'neoverse-mmu700';
