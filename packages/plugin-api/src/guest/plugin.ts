/**
 * The Plugin API (nine calls) and the Shell API (five): what a plugin is to its shell, and the shell to its plugin. All arguments
 * are integers; records lie in the plugin window (see `layout`). Source of the calls and their obligations: Broadcom's plugin in
 * vmkdrivers-gpl (bnx2x).
 */

/** The calls that a plugin fills in. Queues and interrupts count from 0. Status results: 0 is success. */
export interface PluginApi {
  /** Sets up software state; the first call. It must not touch the device. */
  swInit(): number
  /** Resets indices and zeroes the ring. Buffers posted before are gone: the shell has them back. */
  reinitRxRing(queue: number): number
  /** Resets indices and zeroes the ring. Frames posted before are gone: the shell has them back. */
  reinitTxRing(queue: number): number
  /** Re-arms an interrupt; work that came meanwhile must raise it again. */
  enableInterrupt(index: number): number
  disableInterrupt(index: number): number
  /**
   * Places the frame that the window's `SendInfo` and `SgList` describe, whole or not at all: 0 placed, 1 no space.
   * `last` says that no frame follows at this instant: the doorbell is due.
   */
  addFrameToTxRing(queue: number, last: number): number
  /** Finds what the device has sent, calls `completeSend` once with the number of frames, returns that number. */
  checkTxRing(queue: number): number
  /** Hands at most `max` received frames to `indicateRecv`; returns how many. */
  checkRxRing(queue: number, max: number): number
  /** Posts as many buffers as the ring and the shell have room for, then tells the device. */
  addBuffersToRxRing(queue: number): number
}

/** What the shell offers its plugin. Handles are those of the queue records. */
export interface ShellApi {
  /** A 2048-byte buffer under an id of the plugin's choice (below `MAX_BUFFER_ID`): 1 and the address in the state's `bufferLo/Hi`, or 0. */
  allocSmallBuffer(rxHandle: number, id: number): number
  /** The same with 4096 bytes. */
  allocLargeBuffer(rxHandle: number, id: number): number
  /** Takes the frame that the window's `RecvFrame` describes, its buffers included. Only inside `checkRxRing`. */
  indicateRecv(rxHandle: number): void
  /** The oldest `count` frames of the queue are sent. */
  completeSend(txHandle: number, count: number): void
  /** A code of the vendor's and two values, for debugging. */
  log(code: number, a: number, b: number): void
}

/** All that a plugin can reach. */
export interface PluginEnv {
  /** The plugin window as words. */
  readonly window: Int32Array
  /** The data-path registers: byte offset, u32. */
  readonly mmioRead32: (offset: number) => number
  readonly mmioWrite32: (offset: number, value: number) => void
  /** Ordering points for ring memory, byte offset and length in the window: release before a doorbell … */
  readonly syncForDevice: (offset: number, bytes: number) => void
  /** … and acquire before reading what the device wrote. */
  readonly syncForCpu: (offset: number, bytes: number) => void
  readonly shell: ShellApi
}

/** The one entry of a plugin image, `NPA_PluginMain`: fills in the table, returns 0. */
export type PluginMain = (env: PluginEnv, api: PluginApi) => number
