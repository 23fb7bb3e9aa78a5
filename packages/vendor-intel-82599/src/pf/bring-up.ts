import type { DriverPlatform, Mmio } from '@npa/core'
import { Extended, findExtended, SriovCap } from '@npa/pci'
import { FRAME_OVERHEAD, LIMITS } from './limits.js'
import type { MacFilters } from './mac-filters.js'
import type { MulticastFilters } from './multicast-filters.js'
import type { Pools } from './pools.js'
import * as R from './registers.js'
import type { Statistics } from './statistics.js'
import type { UplinkReceive } from './uplink-receive.js'
import type { UplinkTransmit } from './uplink-transmit.js'
import type { VlanFilters } from './vlan-filters.js'
import type { Waiter } from './waiter.js'

/** What the steps of the initialisation work on. */
export interface BringUp {
  readonly platform: DriverPlatform
  readonly mmio: Mmio
  readonly pools: Pools
  readonly mtu: number
  readonly interruptUs: number
  readonly macs: MacFilters
  readonly vlans: VlanFilters
  readonly multicast: MulticastFilters
  readonly transmit: UplinkTransmit
  readonly receive: UplinkReceive
  readonly statistics: Statistics
}

/** One step of the initialisation: what is written, then what must become true before the next one. */
interface Step {
  /** Datasheet section, and the section's name. */
  readonly name: string
  readonly run: (chip: BringUp) => void
  /** Time that the chip needs whatever its registers say. */
  readonly settleNs?: number
  readonly ready?: (chip: BringUp) => boolean
}

const MS = 1_000_000
const POLL_NS = MS
const POLLS = 100

/** Vectors of the PF: its receive queue, its transmit queue, everything else. */
export const Vector = { receive: 0, transmit: 1, other: 2, count: 3 } as const

/** Misc causes that the driver handles. */
export const CAUSES: number = R.Cause.linkChange | R.Cause.mailbox | R.Cause.pciException

/** The initialisation sequence of the 82599 in datasheet order (4.6.3 and what it refers to). */
const STEPS: readonly Step[] = [
  { name: '4.6.3.1 Interrupts during initialization', run: disableInterrupts },
  { name: '4.6.3.2 Global reset', run: globalReset, settleNs: 10 * MS, ready: resetDone },
  { name: '4.6.3.1 Interrupts during initialization, again', run: disableInterrupts },
  { name: '4.6.3 EEPROM auto-read done', run: nothing, ready: autoReadDone },
  { name: '4.6.3 DMA initialization done', run: nothing, ready: dmaInitDone },
  { name: '4.6.4 Link: restart negotiation', run: restartLink },
  { name: '4.6.5 Statistics counters: cleared by reading', run: ({ statistics }) => statistics.collect() },
  { name: '4.6.11.3.3 Packet buffers: one traffic class', run: packetBuffers },
  { name: '4.6.10.1 Virtualisation: pools', run: pools },
  { name: '4.6.10.1 Virtualisation: filters', run: filters },
  { name: '4.6.10.1 Virtualisation: RSS inside pools', run: receiveSideScaling },
  { name: '4.6.7 Receive initialization', run: receiveUnit },
  { name: '4.6.8 Transmit initialization', run: transmitUnit },
  { name: '4.6.7.1, 4.6.8.1 The PF queues', run: queues, ready: queuesEnabled },
  { name: '4.6.7 Receive enable', run: stopSecurityBlock, ready: securityBlockStopped },
  { name: '4.6.7 Receive enable, the other half', run: receiveEnable },
  { name: '4.6.6 Interrupt initialization', run: interrupts },
  { name: '4.6.10.2 IOV: PF reset done', run: resetDoneForVfs },
  { name: 'SR-IOV 1.1, 3.3.3.1: VF enable', run: enableVfs, settleNs: 100 * MS },
]

/** Runs the sequence; `done` gets what went wrong, or nothing. */
export function bringUp(chip: BringUp, waiter: Waiter, done: (problem?: string) => void): void {
  const next = (index: number): void => {
    if (index === STEPS.length) {
      done()
      return
    }
    const step = STEPS[index]
    try {
      step.run(chip)
    } catch (error) {
      done(`${step.name}: ${String(error)}`)
      return
    }
    const look = (): void => {
      waiter.until(
        () => step.ready?.(chip) ?? true,
        POLL_NS,
        POLLS,
        (ok) => {
          if (ok) next(index + 1)
          else done(`${step.name}: not done after ${(POLL_NS * POLLS) / MS} ms`)
        },
      )
    }
    if (step.settleNs === undefined) look()
    else waiter.wait(step.settleNs, look)
  }
  next(0)
}

function nothing(): void {
  // the step only waits
}

function disableInterrupts({ mmio }: BringUp): void {
  mmio.write32(R.EIMC, 0x7fffffff)
  mmio.write32(R.EIMC_EX0, 0xffffffff)
  mmio.write32(R.EIMC_EX1, 0xffffffff)
  mmio.read32(R.EICR)
}

function globalReset({ mmio }: BringUp): void {
  mmio.write32(R.CTRL, R.Ctrl.reset | R.Ctrl.linkReset)
}

function resetDone({ mmio }: BringUp): boolean {
  return (mmio.read32(R.CTRL) & (R.Ctrl.reset | R.Ctrl.linkReset)) === 0
}

function autoReadDone({ mmio }: BringUp): boolean {
  return (mmio.read32(R.EEC) & R.EEC_AUTO_READ_DONE) !== 0
}

function dmaInitDone({ mmio }: BringUp): boolean {
  return (mmio.read32(R.RDRXCTL) & R.Rdrxctl.dmaInitDone) !== 0
}

function restartLink({ mmio }: BringUp): void {
  set(mmio, R.AUTOC, R.AUTOC_RESTART)
}

function packetBuffers({ mmio }: BringUp): void {
  for (let n = 0; n < 8; n++) {
    mmio.write32(R.RXPBSIZE(n), n === 0 ? LIMITS.rxPacketBuffer : 0)
    mmio.write32(R.TXPBSIZE(n), n === 0 ? LIMITS.txPacketBuffer : 0)
    mmio.write32(R.TXPBTHRESH(n), n === 0 ? LIMITS.txPacketBuffer >> 10 : 0)
  }
}

function pools({ mmio, pools }: BringUp): void {
  mmio.write32(R.PFVTCTL, R.Pfvtctl.enable | (pools.pf << R.Pfvtctl.defaultPoolShift) | R.Pfvtctl.replication)
  mmio.write32(R.GCR_EXT, (R.GCR_EXT_MSIX | pools.vtMode) >>> 0)
  mmio.write32(R.MRQC, pools.mrqc)
  // MTQC may change only while the descriptor arbiter is off.
  set(mmio, R.RTTDCS, R.RTTDCS_ARBITER_OFF)
  mmio.write32(R.MTQC, pools.mtqc)
  clear(mmio, R.RTTDCS, R.RTTDCS_ARBITER_OFF)
  mmio.write32(R.PFVFRE_LO, (1 << pools.pf) >>> 0)
  mmio.write32(R.PFVFRE_HI, 0)
  mmio.write32(R.PFVFTE_LO, (1 << pools.pf) >>> 0)
  mmio.write32(R.PFVFTE_HI, 0)
  mmio.write32(R.PFDTXGSWC, R.PFDTXGSWC_LOOPBACK)
}

/** The virtual switch behind the PF filters for itself: the port passes everything, the PF's pool takes every broadcast and multicast. */
function filters({ mmio, pools, macs, vlans, multicast }: BringUp): void {
  macs.start(pools.pf)
  vlans.start()
  multicast.start()
  for (let n = 0; n < 128; n++) mmio.write32(R.PFUTA(n), 0)
  for (let vf = 0; vf < pools.vfs; vf++) mmio.write32(R.PFVML2FLT(vf), 0)
  const { untagged, broadcast, allMulticast } = R.Pfvml2flt
  mmio.write32(R.PFVML2FLT(pools.pf), untagged | broadcast | allMulticast)
  mmio.write32(R.MCSTCTRL, R.MCSTCTRL_ENABLE)
  mmio.write32(R.FCTRL, R.Fctrl.broadcast | R.Fctrl.allMulticast | R.Fctrl.allUnicast)
  set(mmio, R.VLNCTRL, R.VLNCTRL_FILTER)
}

/** The key that Microsoft publishes for verifying RSS, as RSSRK has it: first byte lowest. */
const RSS_KEY = [
  0xda565a6d, 0xc20e5b25, 0x3d256741, 0xb08fa343, 0xcb2bcad0, 0xb4307bae, 0xa32dcb77, 0x0cf23080, 0x3bb7426a,
  0xfa01acbe,
]

function receiveSideScaling({ mmio, pools }: BringUp): void {
  RSS_KEY.forEach((word, n) => {
    mmio.write32(R.RSSRK(n), word)
  })
  const entries = pools.queuesPerPool === 4 ? 0x03020100 : 0x01000100
  for (let n = 0; n < 32; n++) mmio.write32(R.RETA(n), entries)
  // RQPL 0: the PF's pool uses its first queue only.
  mmio.write32(R.PFPSRTYPE(pools.pf), 0)
}

function receiveUnit({ mmio, mtu }: BringUp): void {
  const jumbo = mtu > 1500 ? R.Hlreg0.jumbo : 0
  set(mmio, R.HLREG0, R.Hlreg0.txCrc | R.Hlreg0.rxCrcStrip | R.Hlreg0.txPad | jumbo)
  clear(mmio, R.RDRXCTL, R.Rdrxctl.rscFirstSize)
  set(mmio, R.RDRXCTL, R.Rdrxctl.crcStrip | R.Rdrxctl.rscAckFixes)
  mmio.write32(R.MAXFRS, ((mtu + FRAME_OVERHEAD) << 16) >>> 0)
  mmio.write32(R.RXCSUM, R.RXCSUM_HASH)
  set(mmio, R.RFCTL, R.RFCTL_PLAIN)
}

function transmitUnit({ mmio }: BringUp): void {
  set(mmio, R.DMATXCTL, R.DMATXCTL_ENABLE)
}

function queues({ mmio, pools, transmit, receive }: BringUp): void {
  // A full ring of the PF must not hold up the VFs behind it in the packet buffer.
  mmio.write32(R.QDE, (pools.pfQueue << R.Qde.indexShift) | R.Qde.write | R.Qde.enable)
  transmit.start()
  receive.start()
}

function queuesEnabled({ mmio, pools, receive }: BringUp): boolean {
  const tx = mmio.read32(R.TXDCTL(pools.pfQueue)) & R.Txdctl.enable
  const rx = mmio.read32(R.RXDCTL(pools.pfQueue)) & R.Rxdctl.enable
  if (tx === 0 || rx === 0) return false
  // The tail counts only once the queue is enabled (4.6.7.1).
  receive.postAll()
  return true
}

function stopSecurityBlock({ mmio }: BringUp): void {
  set(mmio, R.SECRXCTRL, R.SECRXCTRL_STOP)
}

function securityBlockStopped({ mmio }: BringUp): boolean {
  return (mmio.read32(R.SECRXSTAT) & R.SECRXSTAT_STOPPED) !== 0
}

function receiveEnable({ mmio }: BringUp): void {
  set(mmio, R.RXCTRL, R.RXCTRL_ENABLE)
  clear(mmio, R.SECRXCTRL, R.SECRXCTRL_STOP)
}

function interrupts({ platform, mmio, pools, interruptUs }: BringUp): void {
  const vectors = platform.enableVectors(Vector.count)
  if (vectors < Vector.count) throw new Error(`the function has ${vectors} MSI-X vectors, ${Vector.count} needed`)
  const mode = R.Gpie.multipleMsix | R.Gpie.otherClearDisable | R.Gpie.autoMaskEnable | R.Gpie.pbaSupport
  mmio.write32(R.GPIE, (mode | (pools.vtMode << R.Gpie.vtModeShift)) >>> 0)
  const queueVectors = (1 << Vector.receive) | (1 << Vector.transmit)
  mmio.write32(R.EIAC, queueVectors)
  mmio.write32(R.EIAM_EX0, queueVectors)
  const entries = R.IVAR_VALID | Vector.receive | ((R.IVAR_VALID | Vector.transmit) << 8)
  mmio.write32(R.IVAR(pools.pfQueue >> 1), entries)
  mmio.write32(R.IVAR_MISC, (R.IVAR_VALID | Vector.other) << 8)
  mmio.write32(R.EITR(Vector.receive), (((interruptUs << 2) & 0xff8) | R.EITR_KEEP_COUNT) >>> 0)
  // NPA has no use for the mailboxes: a guest that rings them is not heard.
  mmio.write32(R.PFMBIMR(0), 0)
  mmio.write32(R.PFMBIMR(1), 0)
  mmio.read32(R.EICR)
  mmio.write32(R.EIMS_EX0, 1 << Vector.receive)
  mmio.write32(R.EIMS, CAUSES)
}

function resetDoneForVfs({ mmio }: BringUp): void {
  set(mmio, R.CTRL_EXT, R.CtrlExt.pfResetDone | R.CtrlExt.noSnoopDisable | R.CtrlExt.driverLoaded)
}

function enableVfs({ platform, pools }: BringUp): void {
  const at = findExtended(platform, Extended.sriov)
  if (at === 0) throw new Error('the function has no SR-IOV capability')
  const total = platform.configRead(at + SriovCap.totalVfs, 2)
  if (total < pools.vfs) throw new Error(`the function has ${total} VFs, ${pools.vfs} asked for`)
  platform.configWrite(at + SriovCap.numVfs, 2, pools.vfs)
  const control = platform.configRead(at + SriovCap.control, 2)
  platform.configWrite(at + SriovCap.control, 2, control | SriovCap.vfEnable | SriovCap.vfMemory)
}

function set(mmio: Mmio, register: number, bits: number): void {
  mmio.write32(register, (mmio.read32(register) | bits) >>> 0)
}

function clear(mmio: Mmio, register: number, bits: number): void {
  mmio.write32(register, (mmio.read32(register) & ~bits) >>> 0)
}
