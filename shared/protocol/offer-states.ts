/** What became of an offer to the class: `offered` until a teacher says something. */
export const OFFER_STATES = ['offered', 'approved', 'refused'] as const;
export type OfferState = (typeof OFFER_STATES)[number];
/** Of any version of a thing: `none` was never offered, or was taken back. */
export const CLASS_STANDINGS = ['none', ...OFFER_STATES] as const;
