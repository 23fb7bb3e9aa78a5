import {
  clear,
  enableVectors,
  FRAME_OVERHEAD,
  MS,
  nothing,
  queuesEnabled,
  RSS_KEY,
  set,
  startQueues,
  Vector,
} from '@npa/vendor-intel-common/pf'
import type { BringUp, Step } from '@npa/vendor-intel-common/pf'
import { LIMITS, RX_PACKET_BUFFER, TX_PACKET_BUFFER } from './limits.js'
import type { Pools } from './pools.js'
import * as R from './registers.js'

/** Misc causes that the driver handles. */
export const CAUSES: number = R.Cause.linkChange | R.Cause.mailbox | R.Cause.pciException

/** EITR: microseconds in bits 11:3, in steps of 2. */
export function throttle(us: number): number {
  return (us << 2) & 0xff8
}

/** The initialisation sequence of the 82599 in datasheet order (4.6.3 and what it refers to). */
export const STEPS: readonly Step<Pools>[] = [
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
]

function disableInterrupts({ mmio }: BringUp<Pools>): void {
  mmio.write32(R.EIMC, 0x7fffffff)
  mmio.write32(R.EIMC_EX0, 0xffffffff)
  mmio.write32(R.EIMC_EX1, 0xffffffff)
  mmio.read32(R.EICR)
}

function globalReset({ mmio }: BringUp<Pools>): void {
  mmio.write32(R.CTRL, R.Ctrl.reset | R.Ctrl.linkReset)
}

function resetDone({ mmio }: BringUp<Pools>): boolean {
  return (mmio.read32(R.CTRL) & (R.Ctrl.reset | R.Ctrl.linkReset)) === 0
}

function autoReadDone({ mmio }: BringUp<Pools>): boolean {
  return (mmio.read32(R.EEC) & R.EEC_AUTO_READ_DONE) !== 0
}

function dmaInitDone({ mmio }: BringUp<Pools>): boolean {
  return (mmio.read32(R.RDRXCTL) & R.Rdrxctl.dmaInitDone) !== 0
}

function restartLink({ mmio }: BringUp<Pools>): void {
  set(mmio, R.AUTOC, R.AUTOC_RESTART)
}

function packetBuffers({ mmio }: BringUp<Pools>): void {
  for (let n = 0; n < 8; n++) {
    mmio.write32(R.RXPBSIZE(n), n === 0 ? RX_PACKET_BUFFER : 0)
    mmio.write32(R.TXPBSIZE(n), n === 0 ? TX_PACKET_BUFFER : 0)
    mmio.write32(R.TXPBTHRESH(n), n === 0 ? TX_PACKET_BUFFER >> 10 : 0)
  }
}

function pools({ mmio, pools }: BringUp<Pools>): void {
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
function filters({ mmio, pools, macs, vlans, multicast }: BringUp<Pools>): void {
  for (let n = 0; n < LIMITS.macFilters; n++) mmio.write32(R.MPSAR_HI(n), 0)
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

function receiveSideScaling({ mmio, pools }: BringUp<Pools>): void {
  RSS_KEY.forEach((word, n) => {
    mmio.write32(R.RSSRK(n), word)
  })
  const entries = pools.queuesPerPool === 4 ? 0x03020100 : 0x01000100
  for (let n = 0; n < 32; n++) mmio.write32(R.RETA(n), entries)
  // RQPL 0: the PF's pool uses its first queue only.
  mmio.write32(R.PFPSRTYPE(pools.pf), 0)
}

function receiveUnit({ mmio, mtu }: BringUp<Pools>): void {
  const jumbo = mtu > 1500 ? R.Hlreg0.jumbo : 0
  set(mmio, R.HLREG0, R.Hlreg0.txCrc | R.Hlreg0.rxCrcStrip | R.Hlreg0.txPad | jumbo)
  clear(mmio, R.RDRXCTL, R.Rdrxctl.rscFirstSize)
  set(mmio, R.RDRXCTL, R.Rdrxctl.crcStrip | R.Rdrxctl.rscAckFixes)
  mmio.write32(R.MAXFRS, ((mtu + FRAME_OVERHEAD) << 16) >>> 0)
  mmio.write32(R.RXCSUM, R.RXCSUM_HASH)
  set(mmio, R.RFCTL, R.RFCTL_PLAIN)
}

function transmitUnit({ mmio }: BringUp<Pools>): void {
  set(mmio, R.DMATXCTL, R.DMATXCTL_ENABLE)
}

function queues(chip: BringUp<Pools>): void {
  // A full ring of the PF must not hold up the VFs behind it in the packet buffer.
  chip.mmio.write32(R.QDE, (chip.pools.pfQueue << R.Qde.indexShift) | R.Qde.write | R.Qde.enable)
  startQueues(chip)
}

function stopSecurityBlock({ mmio }: BringUp<Pools>): void {
  set(mmio, R.SECRXCTRL, R.SECRXCTRL_STOP)
}

function securityBlockStopped({ mmio }: BringUp<Pools>): boolean {
  return (mmio.read32(R.SECRXSTAT) & R.SECRXSTAT_STOPPED) !== 0
}

function receiveEnable({ mmio }: BringUp<Pools>): void {
  set(mmio, R.RXCTRL, R.RXCTRL_ENABLE)
  clear(mmio, R.SECRXCTRL, R.SECRXCTRL_STOP)
}

function interrupts(chip: BringUp<Pools>): void {
  const { mmio, pools, interruptUs } = chip
  enableVectors(chip)
  const mode = R.Gpie.multipleMsix | R.Gpie.otherClearDisable | R.Gpie.autoMaskEnable | R.Gpie.pbaSupport
  mmio.write32(R.GPIE, (mode | (pools.vtMode << R.Gpie.vtModeShift)) >>> 0)
  const queueVectors = (1 << Vector.receive) | (1 << Vector.transmit)
  mmio.write32(R.EIAC, queueVectors)
  mmio.write32(R.EIAM_EX0, queueVectors)
  const entries = R.IVAR_VALID | Vector.receive | ((R.IVAR_VALID | Vector.transmit) << 8)
  mmio.write32(R.IVAR(pools.pfQueue >> 1), entries)
  mmio.write32(R.IVAR_MISC, (R.IVAR_VALID | Vector.other) << 8)
  mmio.write32(R.EITR(Vector.receive), (throttle(interruptUs) | R.EITR_KEEP_COUNT) >>> 0)
  // NPA has no use for the mailboxes: a guest that rings them is not heard.
  mmio.write32(R.PFMBIMR(0), 0)
  mmio.write32(R.PFMBIMR(1), 0)
  mmio.read32(R.EICR)
  mmio.write32(R.EIMS_EX0, 1 << Vector.receive)
  mmio.write32(R.EIMS, CAUSES)
}

function resetDoneForVfs({ mmio }: BringUp<Pools>): void {
  set(mmio, R.CTRL_EXT, R.CtrlExt.pfResetDone | R.CtrlExt.noSnoopDisable | R.CtrlExt.driverLoaded)
}
