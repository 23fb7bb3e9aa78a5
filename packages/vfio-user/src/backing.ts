import type { Descriptors } from './platform.js'
import type { ErrnoValue } from './protocol.js'

/** What a client asks to have mapped: addresses and sizes are multiples of 4096. */
export interface MapRequest {
  /** Of the file. */
  readonly offset: number
  readonly bytes: number
  readonly readable: boolean
  readonly writable: boolean
}

/**
 * What stands behind a mapped range: `position` is a byte of the range, `at` an offset in the arena. The caller has checked that the
 * transfer stays inside the range. False: the memory is gone, nothing or a part was moved.
 */
export interface Backing {
  read(position: number, bytes: number, at: number): boolean
  write(at: number, bytes: number, position: number): boolean
  /** Nothing is moved after it. */
  release(): void
}

/** Where the memory of one client comes from. */
export interface BackingSource {
  /** Ranges that a client may have mapped at once. */
  readonly mostMappings: number
  /** What is behind a new range; undefined: nothing, it is on the bus and no memory of the file; or why it is refused. */
  back(request: MapRequest, descriptors: Descriptors): Backing | undefined | ErrnoValue
  /** The client is gone; all ranges were released. */
  close(): void
}
