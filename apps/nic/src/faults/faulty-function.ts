import type { Arena, Dma } from '@npa/memory'
import { through } from '@npa/pci'
import type { MsiTarget, PciFunction } from '@npa/pci'
import type { DriverView } from '../card/driver-view.js'
import { RingWatch } from '../rings/ring-watch.js'
import type { Ring } from '../rings/ring-watch.js'

/** What a fault does to what passes between a function and its guest. Every hook is optional; the first one that takes something away wins. */
export interface Hooks {
  /** The driver reads a register: what it is to see. */
  readonly read?: (bar: number, offset: number, size: 1 | 2 | 4, value: number) => number
  /** The driver writes a register; false and the function never hears of it. */
  readonly write?: (bar: number, offset: number, value: number) => boolean
  /** An interrupt message leaves; false and it is lost. */
  readonly interrupt?: (lo: number, hi: number, data: number) => boolean
  /** The function has fetched bytes of a ring into its own memory at `at`. */
  readonly fetched?: (ring: Ring, at: number, bytes: number) => void
  /** The function writes back `bytes` bytes at `at` of its memory, a copy, into a ring; the fault may change them. */
  readonly writeBack?: (ring: Ring, at: number, bytes: number) => void
  /** A posted write of the function to memory (`ring` when it is a write-back), or an interrupt; false: the fault keeps it for later. */
  readonly posted?: (write: PostedWrite) => boolean
  /**
   * A register read of the driver, or a read of memory by the function, is about to push posted writes ahead of itself; undefined when the fault
   * ends. What is kept on the bus has to go now.
   */
  readonly flush?: (pushedBy: 'register read' | 'memory read' | undefined) => void
}

/** A write of a function that nobody waits for. `send` does it, once; its bytes are its own. */
export interface PostedWrite {
  readonly kind: 'payload' | 'write-back' | 'interrupt'
  readonly ring: Ring | undefined
  readonly bytes: number
  readonly send: () => void
}

const ONES = [0, 0xff, 0xffff, 0, 0xffffffff]
/** Longest write of a function; what is longer goes untouched. */
const MOST_BYTES = 65536
/** Interrupt messages that are remembered, to be sent again. */
const MESSAGES = 64

/** A function that faults can get at: everything that passes goes by their hooks; without any it goes straight through. */
export class FaultyFunction {
  /** As its guest is to have it. */
  readonly fn: PciFunction
  /** The function itself, past all faults. */
  readonly inner: PciFunction
  readonly name: string
  readonly view: DriverView | undefined
  readonly rings: RingWatch
  /** Messages that were sent, the last ones: address and data. */
  readonly messages: [number, number, number][] = []
  /** It is gone from the bus: reads are all ones, and it does nothing. */
  removed = false
  readonly #arena: Arena
  readonly #hooks: Hooks[] = []
  readonly #scratch: number
  #msi: MsiTarget | undefined
  /** Added to the epoch: views from before are void. */
  #changes = 0

  constructor(fn: PciFunction, name: string, view: DriverView | undefined, arena: Arena) {
    this.inner = fn
    this.name = name
    this.view = view
    this.#arena = arena
    this.#scratch = arena.allocate(MOST_BYTES)
    this.rings = new RingWatch(view === undefined ? { rx: [], tx: [] } : this.virtual ? view.vf : view.pf)
    this.fn = {
      ...through(fn),
      configRead: (offset, size) => (this.removed ? ONES[size] : fn.configRead(offset, size)),
      configWrite: (offset, size, value) => {
        if (!this.removed) fn.configWrite(offset, size, value)
      },
      barRead: (bar, offset, size) => this.#read(bar, offset, size),
      barWrite: (bar, offset, size, value) => this.#write(bar, offset, size, value),
      attach: (dma, msi, vfsChanged) => {
        this.#forget()
        this.#msi = msi
        fn.attach(this.#dma(dma), { message: (...message) => this.#message(...message) }, vfsChanged)
      },
      reset: (kind) => {
        this.#forget()
        // The next guest finds a card that was put back.
        if (kind === 'power') this.removed = false
        fn.reset(kind)
      },
    }
  }

  get virtual(): boolean {
    return /vf\d+$/.test(this.name)
  }

  /** Lets a fault work; returns how to end it. */
  install(hooks: Hooks): () => void {
    this.#hooks.push(hooks)
    this.#changes++
    return () => {
      hooks.flush?.(undefined)
      this.#changes++
      const at = this.#hooks.indexOf(hooks)
      if (at >= 0) this.#hooks.splice(at, 1)
    }
  }

  /** Sends an interrupt message past all faults. */
  interrupt(lo: number, hi: number, data: number): void {
    if (!this.removed) this.#msi?.message(lo, hi, data)
  }

  /** What the driver had set up is no more. */
  #forget(): void {
    this.rings.clear()
    this.messages.length = 0
  }

  #read(bar: number, offset: number, size: 1 | 2 | 4): number {
    if (this.removed) return ONES[size]
    let value = this.inner.barRead(bar, offset, size)
    for (const hooks of this.#hooks) hooks.flush?.('register read')
    for (const hooks of this.#hooks) value = hooks.read?.(bar, offset, size, value) ?? value
    return value
  }

  #write(bar: number, offset: number, size: 1 | 2 | 4, value: number): void {
    if (this.removed) return
    if (bar === 0 && size === 4) this.rings.wrote(offset, value)
    if (this.#hooks.every((hooks) => hooks.write?.(bar, offset, value) !== false))
      this.inner.barWrite(bar, offset, size, value)
  }

  #message(lo: number, hi: number, data: number): void {
    if (this.removed) return
    if (!this.messages.some(([l, h, d]) => l === lo && h === hi && d === data)) {
      if (this.messages.length === MESSAGES) this.messages.shift()
      this.messages.push([lo, hi, data])
    }
    if (this.#hooks.some((hooks) => hooks.interrupt?.(lo, hi, data) === false)) return
    const send = (): void => this.interrupt(lo, hi, data)
    this.#post({ kind: 'interrupt', ring: undefined, bytes: 0, send })
  }

  #post(write: PostedWrite): void {
    if (this.#hooks.every((hooks) => hooks.posted?.(write) !== false)) write.send()
  }

  #dma(dma: Dma): Dma {
    const epoch = (): number => dma.epoch + this.#changes
    return {
      read: (lo, hi, bytes, at) => {
        if (this.removed) return false
        // A read of memory does not overtake the writes before it.
        for (const hooks of this.#hooks) hooks.flush?.('memory read')
        const done = dma.read(lo, hi, bytes, at)
        const ring = done && this.#hooks.length > 0 ? this.rings.find(lo, hi) : undefined
        if (ring !== undefined) for (const hooks of this.#hooks) hooks.fetched?.(ring, at, bytes)
        return done
      },
      write: (at, bytes, lo, hi) => {
        if (this.removed) return false
        if (this.#hooks.length === 0 || bytes > MOST_BYTES) return dma.write(at, bytes, lo, hi)
        return this.#store(dma, at, bytes, lo, hi)
      },
      // Whoever wrote through a view would go past the faults.
      view: (lo, hi, bytes, writable) =>
        this.#hooks.length > 0 || this.removed ? undefined : dma.view(lo, hi, bytes, writable),
      get epoch() {
        return epoch()
      },
    }
  }

  #store(dma: Dma, at: number, bytes: number, lo: number, hi: number): boolean {
    const { u8 } = this.#arena
    const ring = this.rings.find(lo, hi)
    u8.copyWithin(this.#scratch, at, at + bytes)
    if (ring !== undefined) for (const hooks of this.#hooks) hooks.writeBack?.(ring, this.#scratch, bytes)
    if (this.#hooks.every((hooks) => hooks.posted === undefined)) return dma.write(this.#scratch, bytes, lo, hi)
    const kept = u8.slice(this.#scratch, this.#scratch + bytes)
    const send = (): void => {
      u8.set(kept, this.#scratch)
      dma.write(this.#scratch, bytes, lo, hi)
    }
    this.#post({ kind: ring === undefined ? 'payload' : 'write-back', ring, bytes, send })
    return true
  }
}
