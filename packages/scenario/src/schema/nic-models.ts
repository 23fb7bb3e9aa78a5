/** Names of the cards that a host can have. */
export const NIC_MODELS = ['intel-82599', 'intel-82576'] as const

export type NicModelName = (typeof NIC_MODELS)[number]

/** What a scenario may ask of a card. */
export const NIC_LIMITS: Readonly<Record<NicModelName, { readonly rateBps: number; readonly vfs: number }>> = {
  'intel-82599': { rateBps: 10e9, vfs: 31 },
  'intel-82576': { rateBps: 1e9, vfs: 7 },
}
