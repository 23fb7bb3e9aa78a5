import type { RxFrame } from './rx-host.js'

/** What a chip does with frames that an EtherType filter takes for Fibre Channel over Ethernet. */
export interface FcoeRules {
  /** Judges a frame that filter `filter` matches, and notes in its status what is wrong; returns the queue that it is redirected to, or -1. */
  judge(filter: number, frame: RxFrame): number
}
