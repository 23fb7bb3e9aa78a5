import type { Scenario } from '@npa/scenario'
import { formatMac, LINKTYPE_ETHERNET, MAC_BYTES, macEqual, parseMac, PcapError, readPcap, u16be } from '@npa/wire'
import { UserError } from './user-error.js'

const MAGIC_PCAPNG = 0x0a0d0d0a
const ETHERTYPE_AT = 12
const HEADER_BYTES = 14
const TAG_BYTES = 4
const VLAN = 0x8100
const MTU = 1500
/** Of a packet's header in the file: its length, and all of it (pcap, draft-ietf-opsawg-pcap). */
const LENGTH_BEFORE = 8
const PACKET_HEADER = 16
const LINKTYPE_AT = 20

/** Throws a `UserError` that names file and byte for a capture that the scenario's VMs cannot replay. */
export function checkCapture(file: string, u8: Uint8Array, scenario: Scenario): void {
  const fail = (at: number, what: string): never => {
    throw new UserError(`${file}: byte ${at}: ${what}`)
  }
  const packets = parse(file, u8)
  if (packets.linkType !== LINKTYPE_ETHERNET) {
    fail(LINKTYPE_AT, `link type ${packets.linkType}; expected ${LINKTYPE_ETHERNET}, Ethernet`)
  }
  if (packets.count === 0) fail(u8.length, 'the capture ends without a packet')
  const macs = scenario.hosts.flatMap((host) => host.vms.map((vm) => parseMac(vm.mac)))
  for (let i = 0; i < packets.count; i++) {
    const at = packets.offsets[i]
    const length = packets.lengths[i]
    const whole = packets.originalLengths[i]
    if (length !== whole) fail(at - LENGTH_BEFORE, `packet ${i + 1} was cut to ${length} of ${whole} bytes`)
    const tagged = length >= HEADER_BYTES && u16be(u8, at + ETHERTYPE_AT) === VLAN
    const most = HEADER_BYTES + (tagged ? TAG_BYTES : 0) + MTU
    if (length < HEADER_BYTES || length > most) {
      fail(at - LENGTH_BEFORE, `packet ${i + 1} has ${length} bytes; expected ${HEADER_BYTES} to ${most}`)
    }
    if (!macs.some((mac) => macEqual(u8, at + MAC_BYTES, mac, 0))) {
      fail(at - PACKET_HEADER, `packet ${i + 1} is from ${formatMac(u8, at + MAC_BYTES)}, which no VM has`)
    }
  }
}

function parse(file: string, u8: Uint8Array): ReturnType<typeof readPcap> {
  try {
    return readPcap(u8)
  } catch (error) {
    if (!(error instanceof PcapError)) throw error
    const pcapng = u8.length >= 4 && new DataView(u8.buffer, u8.byteOffset).getUint32(0) === MAGIC_PCAPNG
    const hint = pcapng ? '; this is pcapng: editcap -F pcap makes pcap of it' : ''
    throw new UserError(`${file}: ${error.message}${hint}`)
  }
}
