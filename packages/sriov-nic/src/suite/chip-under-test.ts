import type { Family } from './family.js'

/** One PCI function of a chip, with memory of its own on the bus; memory decoding and bus mastering are on. */
export interface FunctionUnderTest {
  configRead(offset: number, size: 1 | 2 | 4): Promise<number>
  configWrite(offset: number, size: 1 | 2 | 4, value: number): Promise<void>
  /** 32 bits of a BAR, as an unsigned number. */
  read(bar: number, offset: number): Promise<number>
  write(bar: number, offset: number, value: number): Promise<void>
  /** Bus address of its memory, a multiple of 4096. Functions with address spaces of their own may all have the same. */
  readonly memory: number
  /** What is in its memory from `offset` on. */
  load(offset: number, bytes: number): Promise<Uint8Array>
  store(offset: number, bytes: Uint8Array): Promise<void>
  /** Turns MSI-X on, all vectors unmasked, every one with a message that `messages` can tell from the others'. Returns how many there are. */
  enableMessages(): Promise<number>
  /** Vectors whose messages came since it was asked last, each once at least, in any order. */
  messages(): Promise<readonly number[]>
}

/** Bytes of memory that every function must have. */
export const MEMORY_BYTES = 0x40000

/** A chip that runs, fresh from power-on, its cable plugged into a far end that is up. */
export interface RunningChip {
  readonly pf: FunctionUnderTest
  /** The port's permanent address, as the board has it. */
  readonly mac: Uint8Array
  /** A virtual function that exists: the suite has enabled it through the SR-IOV capability of the PF. */
  vf(index: number): Promise<FunctionUnderTest>
  /** A frame without FCS from the far end into the chip. */
  send(frame: Uint8Array): Promise<void>
  /** Frames that the far end got since it was asked last, without FCS. */
  received(): Promise<readonly Uint8Array[]>
  /** Pulls the cable, or puts it back. */
  cable(pluggedIn: boolean): Promise<void>
  /** Resolves when the chip has done what it was asked to. Of the chip's time no more than half a millisecond should pass, if that can be told. */
  settle(): Promise<void>
  /** Lets time pass on the chip's clock. */
  pass(ns: number): Promise<void>
  close(): Promise<void>
}

/** A chip for the suite: what it is, how to get one, and which checks it is excused from. */
export interface ChipUnderTest {
  readonly family: Family
  /** Every check begins with one of its own. */
  start(): Promise<RunningChip>
  /** Names of checks, as `chapter: check`, that are not run, each with the reason. */
  readonly skips?: Readonly<Record<string, string>>
}
