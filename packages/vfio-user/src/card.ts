import path from 'node:path'
import type { Dma } from '@npa/memory'
import { Extended, findExtended, Header, SriovCap } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import { barRegisters } from './bar-layout.js'
import { deviceOfItsOwn, handedFunction } from './handed-function.js'
import { qemuArguments } from './qemu-arguments.js'
import type { PluggedFunction } from './qemu-arguments.js'
import { serveFunction } from './serve.js'
import type { FunctionServer, ServeOptions } from './serve.js'
import { VfPlacement } from './vf-placement.js'
import { VirtualSlot } from './virtual-slot.js'

/** 00:02.0 */
const PF_RID = 0x10
/** Where a q35 has the configuration spaces of all functions. */
const ECAM = 0xb0000000
/** A q35's own functions begin there: 00:1f.0. */
const FIRST_TAKEN = 0xf8
const NONE: ReadonlyMap<number, string> = new Map()

/** What to serve, where. */
export interface CardOptions extends Pick<ServeOptions, 'memory' | 'accelerator' | 'arena' | 'scheduler'> {
  /** The sockets `pf`, `vf0`, `vf1` … are made in it. */
  readonly folder: string
  /** A physical function with SR-IOV that can reset itself; nobody else has plugged it in. */
  readonly pf: PciFunction
  /** The physical function's device number << 3 | function number, on bus 0; 00:02.0 unless given. */
  readonly rid?: number
  /**
   * Virtual functions that another machine has, with the file of its memory each (nobody looks at it with an accelerator): as when a host hands one to a guest of its. They are on sockets
   * `vf0-handed` and so on; the machine with the physical function still counts them, and can do nothing with them.
   */
  readonly handed?: ReadonlyMap<number, string>
  /** Where the guest's machine has its configuration spaces; a q35's place unless given. */
  readonly ecam?: number
  /** Told in words what happens, and to which function, named as its socket. */
  readonly log?: (which: string, what: string) => void
}

/** A card on its sockets: the physical function, and the places of its virtual ones. */
export class CardServer {
  readonly pf: FunctionServer
  readonly vfs: readonly FunctionServer[]
  /** The functions for QEMU's command line. */
  readonly qemuArguments: readonly string[]
  /** Virtual functions that other machines have, each for its machine's QEMU at 00:02.0. Such a machine is to be started when the function exists. */
  readonly handed: ReadonlyMap<number, HandedServer>
  readonly #slots: readonly VirtualSlot[]

  constructor(
    pf: FunctionServer,
    vfs: readonly FunctionServer[],
    handed: ReadonlyMap<number, HandedServer>,
    slots: readonly VirtualSlot[],
    functions: readonly PluggedFunction[],
  ) {
    this.pf = pf
    this.vfs = vfs
    this.handed = handed
    this.#slots = slots
    this.qemuArguments = qemuArguments(functions)
  }

  /** Virtual functions that exist now. */
  get enabled(): number {
    return this.#slots.filter(({ exists }) => exists).length
  }

  /** Drops all clients and sockets. */
  async close(): Promise<void> {
    const away = [...this.handed.values()].map(({ server }) => server)
    await Promise.all([this.pf, ...this.vfs, ...away].map((server) => server.close()))
  }
}

/** A virtual function as another machine has it. */
export interface HandedServer {
  readonly server: FunctionServer
  readonly qemuArguments: readonly string[]
}

/**
 * Serves a card with SR-IOV: a socket for the physical function and one for each virtual function that there can be. The virtual ones appear
 * to the guest when its driver enables them, and disappear when it disables them or resets the physical one, which is reset here too.
 * Throws a `RangeError` when the function has no SR-IOV, or more virtual functions than there is room for on bus 0.
 */
export async function serveCard(options: CardOptions): Promise<CardServer> {
  const { folder, pf, rid = PF_RID, ecam = ECAM, log, handed = NONE, ...common } = options
  const sriovAt = findExtended(pf, Extended.sriov)
  if (sriovAt === 0) throw new RangeError('the function has no SR-IOV capability')
  const first = rid + pf.configRead(sriovAt + SriovCap.firstVfOffset, 2)
  const stride = pf.configRead(sriovAt + SriovCap.vfStride, 2)
  const found = virtualFunctions(pf, sriovAt)
  const room = Math.ceil((FIRST_TAKEN - first) / stride)
  if (found.length > room) throw new RangeError(`${found.length} virtual functions, bus 0 has room for ${room}`)
  const bars = barRegisters(pf, sriovAt + SriovCap.bar0)
  const slots = found.map((fn) => new VirtualSlot(fn, bars))
  if ([...handed.keys()].some((vf) => vf >= found.length)) throw new RangeError('no such virtual function to hand')
  const [vendor, device] = [pf.configRead(Header.vendor, 2), pf.configRead(sriovAt + SriovCap.vfDevice, 2)]
  const asDevice = (fn: PciFunction): PciFunction => deviceOfItsOwn(fn, vendor, device)
  const away = Array.from(handed, ([vf, file]) => ({ vf, file, slot: new VirtualSlot(asDevice(found[vf]), bars) }))
  const socket = (which: string): string => path.join(folder, which)
  const serve = (which: string, fn: PciFunction, more: Partial<ServeOptions>): Promise<FunctionServer> =>
    serveFunction({ ...common, ...more, socket: socket(which), fn, log: (what) => log?.(which, what) })

  const functions = slots.map((_, vf) => ({ socket: socket(`vf${vf}`), rid: first + vf * stride }))
  const placement = new VfPlacement(
    { fn: pf, sriovAt, bars },
    slots.map((slot, vf) => ({ slot, config: ecam + functions[vf].rid * 4096 })),
  )
  const vfsChanged = (vfs: readonly PciFunction[]): void => {
    log?.('pf', `${vfs.length} virtual functions`)
    for (const [vf, slot] of slots.entries()) {
      const there = away.find((one) => one.vf === vf)
      const exists = vf < vfs.length
      there?.slot.become(exists ? asDevice(vfs[vf]) : undefined)
      slot.become(exists && there !== undefined ? handedFunction(vfs[vf]) : vfs[vf])
    }
    placement.update()
  }
  const sockets: FunctionServer[] = []
  const elsewhere = new Map<number, HandedServer>()
  try {
    for (const { vf, file, slot } of away) {
      const which = `vf${vf}-handed`
      const server = await serve(which, slot, { memory: file })
      elsewhere.set(vf, { server, qemuArguments: qemuArguments([{ socket: socket(which), rid: PF_RID }]) })
    }
    for (const [vf, slot] of slots.entries()) sockets.push(await serve(`vf${vf}`, slot, {}))
    const server = await serve('pf', placement.watched, { vfsChanged, sriov: true })
    placement.bus = server
    return new CardServer(server, sockets, elsewhere, slots, [{ socket: socket('pf'), rid }, ...functions])
  } catch (error) {
    for (const server of sockets) await server.close()
    for (const { server } of elsewhere.values()) await server.close()
    throw error
  }
}

/** All virtual functions that there can be: they are enabled once, and the physical function is reset. */
function virtualFunctions(pf: PciFunction, sriovAt: number): readonly PciFunction[] {
  let found: readonly PciFunction[] = []
  const msi = { message: (): void => undefined }
  const nowhere: Dma = { read: () => false, write: () => false, view: () => undefined, epoch: 0 }
  pf.attach(nowhere, msi, (vfs) => (found = vfs.length > 0 ? vfs : found))
  pf.configWrite(sriovAt + SriovCap.numVfs, 2, pf.configRead(sriovAt + SriovCap.totalVfs, 2))
  pf.configWrite(sriovAt + SriovCap.control, 2, SriovCap.vfEnable)
  pf.reset('power')
  return found
}
