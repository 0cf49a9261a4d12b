/** How sentences spell numbers. Reporters for plain terminals spell what is beyond ASCII again. */
export const UNICODE = { unicode: true } as const;
