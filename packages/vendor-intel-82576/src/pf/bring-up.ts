import {
  clear,
  enableVectors,
  MS,
  nothing,
  queuesEnabled,
  RSS_KEY,
  set,
  startQueues,
  Vector,
} from '@npa/vendor-intel-common/pf'
import type { BringUp, Step } from '@npa/vendor-intel-common/pf'
import { LENGTH_OVERHEAD } from './limits.js'
import * as R from './registers.js'
import { closedPool } from './vf-control.js'

/** Causes of ICR that the driver handles. */
const CAUSES: number = R.Cause.linkChange | R.Cause.mailbox | R.Cause.misbehaviour

/** The chip's PHY, its control register, and in that: negotiate, and begin now, at every speed (IEEE 802.3, 22.2.4.1). */
const PHY = 1
const PHY_CONTROL = 0
const PHY_RESTART = 0x1340

/** EITR: microseconds in bits 14:2. */
export function throttle(us: number): number {
  return (us << 2) & 0x7ffc
}

/** The initialisation sequence of the 82576 in datasheet order (4.5.3 and what it refers to). */
export const STEPS: readonly Step[] = [
  { name: '4.5.4 Interrupts during initialization', run: maskInterrupts },
  { name: '4.5.5 Global reset', run: globalReset, settleNs: MS, ready: resetDone },
  { name: '4.5.4 Interrupts during initialization, again', run: maskInterrupts },
  // A card can be without an EEPROM.
  { name: '4.5.5 EEPROM auto-read done', run: nothing, ready: autoReadDone, optional: true },
  { name: '4.5.7 Link: set up', run: setLinkUp },
  { name: '4.5.7 Link: restart negotiation', run: restartNegotiation, ready: phyAccessDone },
  { name: '4.5.8 Statistics: cleared by reading', run: ({ statistics }) => statistics.collect() },
  { name: '4.5.11 Virtualization: pools', run: pools },
  { name: '4.5.11 Virtualization: filters', run: filters },
  { name: '4.5.11 Virtualization: RSS inside pools', run: receiveSideScaling },
  { name: '4.5.9 Receive initialization', run: receiveUnit },
  { name: '4.5.10 Transmit initialization', run: ({ mmio }) => set(mmio, R.TCTL, R.Tctl.enable | R.Tctl.padShort) },
  { name: '4.5.9.1, 4.5.10.1 The PF queues', run: startQueues, ready: queuesEnabled },
  { name: '4.5.9 Receive enable', run: ({ mmio }) => set(mmio, R.RCTL, R.Rctl.enable) },
  { name: '7.3 Interrupts', run: interrupts },
  { name: '4.5.11 Virtualization: PF reset done', run: resetDoneForVfs },
]

export function maskInterrupts({ mmio }: Pick<BringUp, 'mmio'>): void {
  mmio.write32(R.IMC, 0xffffffff)
  // Reading ICR masks nothing.
  mmio.write32(R.IAM, 0)
  mmio.write32(R.EIMC, 0xffffffff)
  mmio.read32(R.ICR)
}

export function globalReset({ mmio }: Pick<BringUp, 'mmio'>): void {
  set(mmio, R.CTRL, R.Ctrl.reset)
}

function resetDone({ mmio }: BringUp): boolean {
  return (mmio.read32(R.CTRL) & R.Ctrl.reset) === 0
}

function autoReadDone({ mmio }: BringUp): boolean {
  return (mmio.read32(R.EEC) & R.EEC_AUTO_READ_DONE) !== 0
}

/** The MAC follows what the PHY negotiates. */
function setLinkUp({ mmio }: BringUp): void {
  clear(mmio, R.CTRL, R.Ctrl.forceSpeed | R.Ctrl.forceDuplex)
  set(mmio, R.CTRL, R.Ctrl.setLinkUp)
}

function restartNegotiation({ mmio }: BringUp): void {
  const { phyShift, registerShift, write } = R.Mdic
  mmio.write32(R.MDIC, write | (PHY << phyShift) | (PHY_CONTROL << registerShift) | PHY_RESTART)
}

function phyAccessDone({ mmio }: BringUp): boolean {
  return (mmio.read32(R.MDIC) & R.Mdic.ready) !== 0
}

function pools({ mmio, pools }: BringUp): void {
  mmio.write32(R.VT_CTL, (pools.pf << R.VtCtl.defaultPoolShift) | R.VtCtl.replication)
  mmio.write32(R.MRQC, R.MRQC_POOLS_RSS)
  mmio.write32(R.VFRE, 1 << pools.pf)
  mmio.write32(R.VFTE, 1 << pools.pf)
  mmio.write32(R.DTXSWC, R.Dtxswc.loopback)
  set(mmio, R.DTXCTL, R.Dtxctl.outOfStep | R.Dtxctl.maliciousDriver | R.Dtxctl.spoof)
  // Frames that several pools get have the tag taken out for all of them or for none.
  mmio.write32(R.RPLOLR, (R.Rplolr.stripVlan | R.Rplolr.stripCrc) >>> 0)
}

/** The virtual switch behind the PF filters for itself: the port passes everything, the PF's pool takes every broadcast and multicast. */
function filters({ mmio, mtu, pools, macs, vlans, multicast }: BringUp): void {
  macs.start(pools.pf)
  vlans.start()
  multicast.start()
  for (let n = 0; n < 128; n++) mmio.write32(R.UTA(n), 0)
  for (let vf = 0; vf < pools.vfs; vf++) mmio.write32(R.VMOLR(vf), closedPool(mtu))
  const { untagged, broadcast, allMulticast, stripVlan } = R.Vmolr
  mmio.write32(R.VMOLR(pools.pf), (closedPool(mtu) | untagged | broadcast | allMulticast | stripVlan) >>> 0)
}

/** Bit 3 of an entry chooses between queues v and v + 8 of a pool. */
const RETA_ENTRIES = 0x08000800

function receiveSideScaling({ mmio, pools }: BringUp): void {
  RSS_KEY.forEach((word, n) => {
    mmio.write32(R.RSSRK(n), word)
  })
  for (let n = 0; n < 32; n++) mmio.write32(R.RETA(n), RETA_ENTRIES)
  mmio.write32(R.PSRTYPE(pools.pf), 0)
}

function receiveUnit({ mmio, mtu }: BringUp): void {
  // A full ring must not hold up the others behind it in the packet buffer.
  mmio.write32(R.QDE, R.QDE_ALL)
  mmio.write32(R.RLPML, mtu + LENGTH_OVERHEAD)
  mmio.write32(R.RXCSUM, R.Rxcsum.ip | R.Rxcsum.l4 | R.Rxcsum.hash)
  const { allUnicast, allMulticast, longPackets, broadcast, vlanFilter, stripCrc } = R.Rctl
  mmio.write32(R.RCTL, allUnicast | allMulticast | longPackets | broadcast | vlanFilter | stripCrc)
}

function interrupts(chip: BringUp): void {
  const { mmio, pools, interruptUs } = chip
  enableVectors(chip)
  const { nonSelectiveClear, multipleMsix, autoMaskEnable, pbaSupport } = R.Gpie
  mmio.write32(R.GPIE, (nonSelectiveClear | multipleMsix | autoMaskEnable | pbaSupport) >>> 0)
  const vectors = (1 << Vector.count) - 1
  mmio.write32(R.EIAC, vectors)
  mmio.write32(R.EIAM, vectors)
  const entry = (vector: number): number => R.IVAR_VALID | vector
  mmio.write32(R.IVAR(pools.pfQueue), entry(Vector.receive) | (entry(Vector.transmit) << 8))
  mmio.write32(R.IVAR_MISC, entry(Vector.other) << 8)
  mmio.write32(R.EITR(Vector.receive), (throttle(interruptUs) | R.EITR_KEEP_COUNT) >>> 0)
  // NPA has no use for the mailboxes: a guest that rings them is not heard.
  mmio.write32(R.MBVFIMR, 0)
  mmio.read32(R.ICR)
  mmio.read32(R.EICR)
  mmio.write32(R.IMS, CAUSES)
  mmio.write32(R.EIMS, (1 << Vector.receive) | (1 << Vector.other))
}

function resetDoneForVfs({ mmio }: BringUp): void {
  set(mmio, R.CTRL_EXT, R.CtrlExt.pfResetDone | R.CtrlExt.noSnoopDisable | R.CtrlExt.driverLoaded)
}
