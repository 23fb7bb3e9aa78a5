import type { Arena, Dma } from '@npa/memory'
import { through } from '@npa/pci'
import type { MsiTarget, PciFunction } from '@npa/pci'
import { MAILBOX_WORDS } from '../card/driver-view.js'
import type { Model } from '../card/models.js'
import { GuestReader } from '../rings/guest-reader.js'
import { DESCRIPTOR_BYTES, RingWatch } from '../rings/ring-watch.js'
import type { Ring } from '../rings/ring-watch.js'
import { postedDescriptor, txDescriptor, writtenBack } from './descriptor-words.js'
import { fieldsOf } from './fields.js'
import { mailboxMessage } from './mailbox-words.js'
import { descriptorAt, descriptors, RingFrames } from './ring-frames.js'
import type { Tracer } from './tracer.js'

const HIGH = 4294967296
/** VFMAILBOX: the virtual function asks. */
const REQUEST = 1
/** Word 0 of a message: an answer, or of the PF's own accord. */
const FROM_PF = 0xc0000100

/** What a function is traced with. */
export interface TracedParts {
  readonly who: string
  readonly modelName: string
  readonly model: Model
  readonly arena: Arena
  readonly tracer: Tracer
}

/** Tells what passes between a function and its guest; changes nothing. */
export class TracedFunction {
  /** As its guest is to have it. */
  readonly fn: PciFunction
  readonly #inner: PciFunction
  readonly #parts: TracedParts
  readonly #name: (bar: number, offset: number) => string | undefined
  readonly #rings: RingWatch
  readonly #memory: GuestReader
  readonly #frames: RingFrames
  readonly #virtual: boolean
  /** Words that the virtual function's driver wrote into its mailbox. */
  readonly #asked = new Array<number>(MAILBOX_WORDS).fill(0)

  constructor(fn: PciFunction, parts: TracedParts) {
    const { who, model, arena, tracer } = parts
    this.#inner = fn
    this.#parts = parts
    this.#virtual = /vf\d+$/.test(who)
    this.#name = model.names(this.#virtual ? 'vf' : 'pf')
    this.#rings = new RingWatch(model.view?.[this.#virtual ? 'vf' : 'pf'] ?? { rx: [], tx: [] })
    this.#memory = new GuestReader(arena)
    this.#frames = new RingFrames(this.#memory, (out, frame) => tracer.frame(who, out, frame))
    this.fn = {
      ...through(fn),
      barRead: (bar, offset, size) => this.#read(bar, offset, size),
      barWrite: (bar, offset, size, value) => this.#write(bar, offset, size, value),
      attach: (dma, msi, vfsChanged) => {
        this.#rings.clear()
        this.#memory.attach(dma)
        fn.attach(this.#dma(dma), this.#msi(msi), (vfs) => {
          tracer.tell(who, 'event', `${vfs.length} virtual functions`)
          vfsChanged(vfs)
        })
      },
      reset: (kind) => {
        this.#rings.clear()
        tracer.tell(who, 'reset', kind)
        fn.reset(kind)
      },
    }
  }

  #read(bar: number, offset: number, size: 1 | 2 | 4): number {
    const { who, tracer } = this.#parts
    const value = this.#inner.barRead(bar, offset, size)
    if (!tracer.wanted) return value
    this.#access('read', '->', bar, offset, value)
    const { mailbox } = this.#parts.model.view ?? {}
    const reply = this.#virtual && bar === 0 && offset === mailbox?.words && (value & FROM_PF) !== 0
    if (reply) tracer.tell(who, 'mailbox', `PF says: ${mailboxMessage(this.#words(value, mailbox.words))}`)
    return value
  }

  /** A message whose first word was just read; looking at the others changes nothing. */
  #words(first: number, at: number): number[] {
    return [first, this.#inner.barRead(0, at + 4, 4), this.#inner.barRead(0, at + 8, 4)]
  }

  #write(bar: number, offset: number, size: 1 | 2 | 4, value: number): void {
    const { tracer } = this.#parts
    if (tracer.wanted) this.#access('write', '<-', bar, offset, value)
    const tail = bar === 0 ? this.#rings.wrote(offset, value) : undefined
    if (tail !== undefined && (tracer.wanted || tracer.framesWanted)) this.#handed(tail.ring, tail.from)
    if (this.#virtual && bar === 0) this.#mailbox(offset, value)
    this.#inner.barWrite(bar, offset, size, value)
  }

  #access(kind: 'read' | 'write', arrow: string, bar: number, offset: number, value: number): void {
    const { who, tracer, modelName } = this.#parts
    const name = this.#name(bar, offset)
    const register = name ?? `BAR${bar}+0x${offset.toString(16)}`
    const fields = fieldsOf(modelName, register, value)
    const hex = `0x${(value >>> 0).toString(16).padStart(8, '0')}`
    tracer.tell(who, kind, `${register} ${arrow} ${hex}${fields === '' ? '' : ` ${fields}`}`, register)
  }

  #mailbox(offset: number, value: number): void {
    const { who, tracer } = this.#parts
    const { mailbox } = this.#parts.model.view ?? {}
    if (mailbox === undefined) return
    const word = (offset - mailbox.words) >> 2
    if (word >= 0 && word < MAILBOX_WORDS) this.#asked[word] = value
    if (offset === mailbox.register && (value & REQUEST) !== 0)
      tracer.tell(who, 'mailbox', `VF asks: ${mailboxMessage(this.#asked)}`)
  }

  /** The driver has moved a tail: what lies between. */
  #handed(ring: Ring, from: number): void {
    const { who, tracer } = this.#parts
    for (const [index, words] of descriptors(this.#memory, ring, from, ring.tail)) {
      if (tracer.framesWanted) this.#frames.handed(ring, index, words)
      const text = ring.kind === 'tx' ? txDescriptor(words) : postedDescriptor(words)
      tracer.tell(who, 'descriptor', `${ring.kind} queue ${ring.queue}, ${index}: ${text}`)
    }
  }

  #dma(dma: Dma): Dma {
    return {
      read: (lo, hi, bytes, at) => dma.read(lo, hi, bytes, at),
      write: (at, bytes, lo, hi) => {
        const done = dma.write(at, bytes, lo, hi)
        if (done && (this.#parts.tracer.wanted || this.#parts.tracer.framesWanted)) this.#stored(at, bytes, lo, hi)
        return done
      },
      // What is written through a view cannot be told of: while somebody listens there is none.
      view: (lo, hi, bytes, writable) => (this.#parts.tracer.wanted ? undefined : dma.view(lo, hi, bytes, writable)),
      get epoch() {
        return dma.epoch
      },
    }
  }

  #stored(at: number, bytes: number, lo: number, hi: number): void {
    const { who, tracer, arena } = this.#parts
    const ring = this.#rings.find(lo, hi)
    if (ring === undefined || bytes % DESCRIPTOR_BYTES !== 0) return
    const first = ((hi >>> 0) * HIGH + (lo >>> 0) - ring.base) / DESCRIPTOR_BYTES
    const kept = arena.u8.slice(at, at + bytes)
    const written = Array.from({ length: bytes / DESCRIPTOR_BYTES }, (_, n) => descriptorAt(kept, n * DESCRIPTOR_BYTES))
    if (tracer.framesWanted) this.#frames.writtenBack(ring, first, written)
    for (const [n, words] of written.entries())
      tracer.tell(
        who,
        'descriptor',
        `${ring.kind} queue ${ring.queue}, ${first + n}: written back, ${writtenBack(ring.kind, words)}`,
      )
  }

  #msi(msi: MsiTarget): MsiTarget {
    const { who, tracer } = this.#parts
    return {
      message: (lo, hi, data) => {
        tracer.tell(
          who,
          'interrupt',
          `message 0x${data.toString(16)} to 0x${((hi >>> 0) * HIGH + (lo >>> 0)).toString(16)}`,
        )
        msi.message(lo, hi, data)
      },
    }
  }
}
