import { VirtualScheduler } from '@npa/core'
import { Arena, IommuPort } from '@npa/memory'
import { enableFunction, SriovCap } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import { createIntel82599 } from '@npa/sriov-nic/intel-82599'
import type { FrameBatch, Port } from '@npa/wire'

/** Where the 82599 has its SR-IOV capability. */
const SRIOV = 0x160
/** Time that any burst of work is over in, ns. */
const SETTLED = 1_000_000

/** The far end of the cable: takes everything, and counts. */
export class Sink implements Port {
  readonly up = true
  frames = 0

  connect(): void {
    // It never sends.
  }

  room(): void {
    // It never sends.
  }

  send(_batch: FrameBatch, _from: number, count: number): number {
    this.frames += count
    return count
  }
}

/** A virtual function's address: locally administered, its number last. */
export function macOf(vf: number): Uint8Array {
  return Uint8Array.of(0x02, 0, 0, 0, 1, vf)
}

/** An 82599 in 64 pools with its VFs enabled, each with one address; the port as a PF driver leaves it, without one. */
export class Card {
  readonly arena: Arena
  readonly scheduler: VirtualScheduler = new VirtualScheduler()
  readonly sink: Sink = new Sink()
  vfs: readonly PciFunction[] = []
  readonly #pf: PciFunction

  /** `arenaBytes` has room for the chip and the functions' memory. */
  constructor(vfs: number, arenaBytes: number) {
    this.arena = new Arena(arenaBytes)
    const mac = Uint8Array.of(0x02, 0, 0, 0, 0, 0xff)
    const chip = createIntel82599({ arena: this.arena, scheduler: this.scheduler, name: 'nic', mac })
    chip.wire.connect(this.sink)
    this.#pf = chip.pf
    chip.pf.attach(new IommuPort(this.arena), { message: () => undefined }, (now) => (this.vfs = now))
    enableFunction(chip.pf)
    this.#setUpPort(vfs)
    chip.pf.configWrite(SRIOV + SriovCap.numVfs, 2, vfs)
    chip.pf.configWrite(SRIOV + SriovCap.control, 2, SriovCap.vfEnable | SriovCap.vfMemory)
  }

  /** Lets the card work until there is nothing to do. */
  settle(): void {
    this.scheduler.run(never, this.scheduler.nowNs() + SETTLED)
  }

  /** PFVTCTL, pool modes, filters (82599 datasheet, 4.6.10): each pool has its address and takes untagged frames. */
  #setUpPort(vfs: number): void {
    const all = vfs >= 31 ? 0xffffffff : (1 << (vfs + 1)) - 1
    const above = vfs >= 31 ? (vfs >= 63 ? 0xffffffff : (1 << (vfs - 31)) - 1) : 0
    const registers: readonly (readonly [number, number])[] = [
      [0x51b0, 0x40000001 | (vfs << 7)], // PFVTCTL: pools, replication, the PF's is the default
      [0x11050, 0x80000003], // GCR_EXT, GPIE, MRQC, MTQC: 64 pools
      [0x898, 0x8000c010],
      [0x5818, 8],
      [0x8120, 6],
      [0x4a80, 0x81000005], // DMATXCTL.TE
      [0x4268, 9728 << 16], // MAXFRS, and jumbo frames in HLREG0
      [0x4240, 0x405],
      [0x3000, 1], // RXCTRL.RXEN
      [0x8220, 1], // PFDTXGSWC: frames between pools turn round in the card
      [0x51e0, all], // PFVFRE, PFVFTE
      [0x51e4, above],
      [0x8110, all],
      [0x8114, above],
      [0x18, 1 << 14], // CTRL_EXT.PFRSTD
    ]
    for (const [offset, value] of registers) this.#write(offset, value)
    for (let pool = 0; pool < vfs; pool++) {
      const mac = macOf(pool)
      this.#write(0xa200 + 8 * pool, mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24)) // RAL, RAH
      this.#write(0xa204 + 8 * pool, mac[4] | (mac[5] << 8) | 0x80000000)
      this.#write(0xa600 + 8 * pool, pool < 32 ? 1 << pool : 0) // MPSAR
      this.#write(0xa604 + 8 * pool, pool < 32 ? 0 : 1 << (pool - 32))
      this.#write(0xf000 + 4 * pool, (1 << 27) | (1 << 24)) // PFVML2FLT: broadcasts, untagged frames
    }
  }

  #write(offset: number, value: number): void {
    this.#pf.barWrite(0, offset, 4, value >>> 0)
  }
}

function never(): boolean {
  return false
}
