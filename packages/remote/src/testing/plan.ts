import { REQUEST_LINK_BYTES, MESSAGE_LINK_BYTES } from '../index.js'

/** Where everything stands in the memory that the two threads of a test share; bytes. */
export const At = {
  hostBell: 0,
  deviceBell: 128,
  control: 256,
  log: 512,
  requests: 512 + 65536,
  guest: 512 + 65536 + REQUEST_LINK_BYTES,
  messages: 512 + 65536 + 2 * REQUEST_LINK_BYTES,
  interrupts: 512 + 65536 + 2 * REQUEST_LINK_BYTES + MESSAGE_LINK_BYTES,
  end: 512 + 65536 + 2 * REQUEST_LINK_BYTES + 2 * MESSAGE_LINK_BYTES,
} as const

/** Words at `control`. */
export const Control = {
  /** The test says when the device serves; see `Serves`. */
  serves: 0,
  /** Writes to BARs that it has done. */
  writes: 1,
  /** DMA that it has tried. */
  transfers: 2,
  /** Virtual functions that it has. */
  vfs: 3,
  /** Times that it has gone to sleep, and 1 while it sleeps. */
  sleeps: 4,
  asleep: 5,
  /** Times that it slept out although it had been sent something. */
  missed: 6,
  /** Requests of guests that made no sense. */
  bad: 7,
} as const

export const Serves = { always: 0, never: 1, whenFull: 2 } as const

/** Registers of the device's functions, in any BAR. */
export const Reg = {
  /** Read: writes to BARs so far, all functions together. */
  writes: 0,
  /** Read: the function's number. */
  number: 4,
  /** Read: the thread ends before it answers. */
  death: 8,
  /** Write: sends a message with the value. */
  message: 12,
  /** Write: from now on 64 bytes go again and again to this bus address; 0 ends it. */
  dma: 16,
  /** Write: the value is noted, as every value written to any register is. */
  note: 20,
} as const

/** Where in configuration space the number of virtual functions is written. */
export const VFS = 0x40

/** What a worker of a test is told. */
export interface Order {
  readonly role: 'device' | 'driver'
  readonly shared: SharedArrayBuffer
  readonly memory: WebAssembly.Memory
}
