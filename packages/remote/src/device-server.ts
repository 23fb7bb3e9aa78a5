import { AddressSpace, IommuPort, PAGE } from '@npa/memory'
import type { Arena } from '@npa/memory'
import { remappingHandle } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import type { MessageSender } from './message-link.js'
import { access, ONES, Op, RESET_KINDS, WRITABLE } from './ops.js'

/** A guest that can be given a VF of the device. */
export interface ServedGuest {
  /** Where its interrupts go. */
  readonly interrupts: MessageSender
}

/** One function as the server keeps it. */
interface Served {
  readonly fn: PciFunction
  readonly port: IommuPort
  /** The map that is being sent. */
  space: AddressSpace
}

/** A message that goes to a guest past the host. */
interface Route {
  readonly fn: number
  readonly guest: number
  readonly lo: number
  readonly hi: number
  readonly data: number
}

/** The VF pages behind a guest's register link. */
interface Window {
  /** The function's number. */
  readonly fn: number
  readonly bar: number
}

/**
 * The end of a PCI device whose driver is in another thread: what its functions reach and where their messages go are copies of the host's
 * tables, which change when the host says so, between two accesses and two transfers.
 */
export class DeviceServer {
  readonly #arena: Arena
  readonly #host: MessageSender
  readonly #guests: readonly ServedGuest[]
  readonly #windows: (Window | undefined)[]
  readonly #functions: Served[] = []
  readonly #routes = new Map<number, Route>()
  readonly #tellVfs: (count: number) => void
  /** Functions that exist now: the physical one, and so many virtual ones. */
  #present = 1
  /** Requests that no driver makes: they change nothing and read all ones. */
  badRequests = 0

  /** `tellVfs` lets the host see how many virtual functions there are, before it gets its answer. */
  constructor(
    arena: Arena,
    pf: PciFunction,
    host: MessageSender,
    guests: readonly ServedGuest[],
    tellVfs: (count: number) => void,
  ) {
    this.#arena = arena
    this.#host = host
    this.#guests = guests
    this.#windows = guests.map(() => undefined)
    this.#tellVfs = tellVfs
    this.#attach(0, pf)
  }

  /** Bytes that the functions moved by DMA. */
  get dmaBytes(): number {
    return this.#functions.reduce((sum, { port }) => sum + port.bytes, 0)
  }

  /** A request of the host, which is trusted. */
  readonly hostRequest = (op: number, a: number, b: number, c: number, d: number, e: number, f: number): number => {
    if (op === Op.openWindow) this.#windows[a] = { fn: b, bar: c }
    else if (op === Op.shutWindow) this.#windows[a] = undefined
    else if (op === Op.route) this.#routes.set(b, { fn: a, guest: c, lo: d >>> 0, hi: e >>> 0, data: f >>> 0 })
    else if (op === Op.unroute) this.#routes.delete(a)
    else return this.#functionRequest(a, op, b, c, d, e)
    return 0
  }

  /** Requests of a guest reach the registers of the VF that the host has opened to it, and nothing else. */
  guestRequest(guest: number): (op: number, a: number, b: number, c: number, d: number, e: number) => number {
    return (op, _a, _b, offset, size, value) => {
      if (op !== Op.barRead && op !== Op.barWrite) return this.#bad()
      const window = this.#windows[guest]
      const served = window === undefined ? undefined : this.#served(window.fn)
      return served === undefined ? ONES : access(served.fn, op, window?.bar ?? 0, offset, size, value)
    }
  }

  /** A function that exists: one that is not there any more answers nothing, as on PCI. */
  #served(number: number): Served | undefined {
    return number < this.#present ? this.#functions[number] : undefined
  }

  #bad(): number {
    this.badRequests++
    return ONES
  }

  #functionRequest(number: number, op: number, b: number, c: number, d: number, e: number): number {
    const served = this.#served(number)
    if (served === undefined) return ONES
    switch (op) {
      case Op.reset:
        served.fn.reset(RESET_KINDS[b])
        return 0
      case Op.mapBegin:
        served.space = new AddressSpace(served.space.name)
        return 0
      case Op.mapRange: {
        const at = (e & ~WRITABLE) * PAGE
        served.space.map((c >>> 0) * 4294967296 + (b >>> 0), (d >>> 0) * PAGE, at, (e & WRITABLE) !== 0)
        return 0
      }
      case Op.mapEnd:
        served.port.assign(b === 0 ? undefined : served.space)
        return 0
      default:
        return access(served.fn, op, b, c, d, e)
    }
  }

  #attach(number: number, fn: PciFunction): void {
    const known = this.#functions[number] as Served | undefined
    const port = known?.port ?? new IommuPort(this.#arena, true)
    this.#functions[number] = { fn, port, space: new AddressSpace(`function ${number}`) }
    const message = (lo: number, hi: number, data: number): void => this.#message(number, lo, hi, data)
    fn.attach(port, { message }, (vfs) => {
      vfs.forEach((vf, i) => this.#attach(i + 1, vf))
      this.#present = vfs.length + 1
      this.#tellVfs(vfs.length)
    })
  }

  #message(from: number, lo: number, hi: number, data: number): void {
    const route = this.#routes.get(remappingHandle(lo, hi, data))
    if (route?.fn === from) this.#guests[route.guest].interrupts.send(0, route.lo, route.hi, route.data)
    else this.#host.send(from, lo, hi, data)
  }
}
