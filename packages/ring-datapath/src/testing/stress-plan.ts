/** Where the stress test's shared memory has what. */
export const Place = { filled: 0, freed: 64, ring: 128 } as const

export const RECORD_WORDS = 8

/** What a worker of the stress test is told. */
export interface StressPlan {
  readonly buffer: SharedArrayBuffer
  readonly role: 'producer' | 'consumer'
  readonly records: number
  readonly seed: number
}
