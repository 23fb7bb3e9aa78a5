/** Takes what passes at the interfaces of a run, for capture files. */
export interface CaptureOutput {
  /** Announces an interface by name; returns its id. */
  interface(name: string): number
  /**
   * A frame at an interface, in order of time; its bytes are borrowed. `direction`: one of `Direction` of the wire package, seen from
   * the machine at the interface. `vlan`: a tag that is not in the bytes, or -1.
   */
  packet(id: number, timeNs: number, direction: number, u8: Uint8Array, at: number, length: number, vlan: number): void
  /** Something that concerns an interface happened, such as a switch of mode. */
  comment(id: number, timeNs: number, text: string): void
}

/** Says how far a run is. */
export interface Progress {
  /** A phase begins. */
  phase(name: string, index: number, phases: number): void
  /** Frames sent in this phase, of how many that it wants (0: it does not say). */
  frames(done: number, wanted: number): void
}
