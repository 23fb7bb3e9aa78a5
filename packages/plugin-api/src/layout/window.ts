import { API_MAJOR, API_MINOR } from './version.js'

/**
 * Fixed layouts in the plugin window, as 32-bit words: one layout for plugins in JavaScript, WebAssembly and C. VMware's own
 * headers are not public; the members are those that Broadcom's plugin uses (reference: vmkdrivers-gpl bnx2x plugin), their
 * order and widths are this project's.
 */

/** 'NPAS', little-endian, in the state's first word. */
export const STATE_MAGIC = 0x5341504e

/** Words of plugin data that a PF driver can hand to its plugin. */
export const DEVICE_INFO_WORDS = 32

/** Most queues of one direction. */
export const MAX_QUEUES = 8

/** Most elements of a scatter-gather list, and of a received frame. */
export const MAX_SG = 16

/** Buffer ids of one receive queue are below this. */
export const MAX_BUFFER_ID = 8192

/** Word offsets in the plugin state, which starts the window. */
export const State = {
  magic: 0,
  /** major << 16 | minor */
  apiVersion: 1,
  txQueues: 2,
  rxQueues: 3,
  interrupts: 4,
  /** Byte offset in the window, and bytes, of the region shared with the PF driver. */
  sharedOffset: 5,
  sharedBytes: 6,
  /** Byte offset and bytes of the plugin's own memory, zero when the plugin starts. */
  privateOffset: 7,
  privateBytes: 8,
  /** Byte offset of the `SendInfo` and `SgList` records that the shell fills before `addFrameToTxRing`. */
  sendInfoOffset: 9,
  sgListOffset: 10,
  /** Byte offset of the `RecvFrame` record that the plugin fills before `indicateRecv`. */
  recvFrameOffset: 11,
  /** Bus address that the last successful `allocSmallBuffer` or `allocLargeBuffer` returned. */
  bufferLo: 12,
  bufferHi: 13,
  /** Bytes that the largest frame has, Ethernet header and one VLAN tag included. */
  maxFrame: 14,
  /** Plugin data from the PF driver. */
  deviceInfo: 16,
  /** `MAX_QUEUES` transmit queue records, then as many receive queue records. */
  txQueue: 48,
  rxQueue: 112,
  words: 176,
} as const

/** Word offsets in a queue record. */
export const Queue = {
  /** The shell's name for the queue, to be handed back in every callback. */
  handle: 0,
  /** Byte offset of the ring memory in the window. */
  ringOffset: 1,
  /** Bus address of the ring memory. */
  ringLo: 2,
  ringHi: 3,
  /** Descriptors. */
  ringSize: 4,
  ringBytes: 5,
  /** Index of the interrupt that serves the queue. */
  interrupt: 6,
  words: 8,
} as const

/** Word offsets in the description of a frame to send. Byte offsets count from the frame's first byte. */
export const SendInfo = {
  ipHeaderOffset: 0,
  l4HeaderOffset: 1,
  l4DataOffset: 2,
  /** Bits of `SendFlag`. */
  flags: 3,
  vlanTag: 4,
  words: 8,
} as const

export const SendFlag = {
  /** Insert `vlanTag`. */
  vlan: 1,
  /** Complete the TCP or UDP checksum, whose field holds the pseudo-header sum. */
  checksum: 2,
  ipv4: 4,
  ipv6: 8,
  /** The L4 protocol is UDP; without it, TCP. */
  udp: 16,
} as const

/** Word offsets in the list of a frame's pieces; all headers are in element 0. */
export const SgList = {
  elements: 0,
  totalLength: 1,
  /** `MAX_SG` elements {address low, address high, length}. */
  element: 2,
  elementWords: 3,
  words: 52,
} as const

/** Word offsets in the description of a received frame. */
export const RecvFrame = {
  byteLength: 0,
  elements: 1,
  /** Offset of the first data byte in element 0. */
  firstOffset: 2,
  /** Bits of `RecvFlag`. */
  flags: 3,
  vlanTag: 4,
  /** One of `Xsum` each. */
  ipXsum: 5,
  l4Xsum: 6,
  /** `MAX_SG` elements {buffer id, length}. */
  element: 8,
  elementWords: 2,
  words: 40,
} as const

export const RecvFlag = { vlan: 1, ipv4: 2, ipv6: 4, tcp: 8, udp: 16 } as const

export const Xsum = { unknown: 0, correct: 1, incorrect: 2 } as const

/** One ring's wish: descriptors, and the bytes that its owner says they need. */
export interface RingRequest {
  readonly size: number
  readonly bytes: number
  readonly interrupt: number
}

/** What a window must hold. */
export interface WindowRequest {
  readonly tx: readonly RingRequest[]
  readonly rx: readonly RingRequest[]
  readonly interrupts: number
  readonly sharedBytes: number
  readonly privateBytes: number
  readonly maxFrame: number
}

/** Rings start at multiples of this: vmxnet3 asks for 512 bytes, Intel for 128; a page keeps them apart for good. */
const RING_ALIGN = 4096

function align(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to
}

/** Byte offset of the first ring, behind state, records, shared and private memory. */
function ringsStart(request: WindowRequest): number {
  const records = (State.words + SendInfo.words + SgList.words + RecvFrame.words) * 4
  return align(align(records, 64) + align(request.sharedBytes, 64) + align(request.privateBytes, 64), RING_ALIGN)
}

/** Bytes, whole pages, of a window that holds the request. */
export function windowBytes(request: WindowRequest): number {
  let bytes = ringsStart(request)
  for (const ring of [...request.tx, ...request.rx]) bytes += align(ring.bytes, RING_ALIGN)
  return bytes
}

/**
 * Lays a window out: writes the plugin state with all offsets and the rings' bus addresses, given the window's own. Everything else in
 * the window is zero. Throws a `RangeError` when the window is too small or the request has too many queues.
 */
export function layOutWindow(window: Int32Array, lo: number, hi: number, request: WindowRequest): void {
  if (request.tx.length > MAX_QUEUES || request.rx.length > MAX_QUEUES) {
    throw new RangeError(`plugin window: more than ${MAX_QUEUES} queues`)
  }
  const needed = windowBytes(request)
  if (window.length * 4 < needed) throw new RangeError(`plugin window of ${window.length * 4} bytes: ${needed} needed`)
  window.fill(0)
  const sendInfo = State.words * 4
  const sgList = sendInfo + SendInfo.words * 4
  const recvFrame = sgList + SgList.words * 4
  const shared = align(recvFrame + RecvFrame.words * 4, 64)
  const own = shared + align(request.sharedBytes, 64)
  window[State.magic] = STATE_MAGIC
  window[State.apiVersion] = (API_MAJOR << 16) | API_MINOR
  window[State.txQueues] = request.tx.length
  window[State.rxQueues] = request.rx.length
  window[State.interrupts] = request.interrupts
  window[State.sharedOffset] = shared
  window[State.sharedBytes] = request.sharedBytes
  window[State.privateOffset] = own
  window[State.privateBytes] = request.privateBytes
  window[State.sendInfoOffset] = sendInfo
  window[State.sgListOffset] = sgList
  window[State.recvFrameOffset] = recvFrame
  window[State.maxFrame] = request.maxFrame
  let at = ringsStart(request)
  const place = (ring: RingRequest, record: number): void => {
    const low = (lo >>> 0) + at
    window[record + Queue.ringOffset] = at
    window[record + Queue.ringLo] = low | 0
    window[record + Queue.ringHi] = hi + (low > 0xffffffff ? 1 : 0)
    window[record + Queue.ringSize] = ring.size
    window[record + Queue.ringBytes] = ring.bytes
    window[record + Queue.interrupt] = ring.interrupt
    at += align(ring.bytes, RING_ALIGN)
  }
  request.tx.forEach((ring, i) => {
    place(ring, State.txQueue + i * Queue.words)
  })
  request.rx.forEach((ring, i) => {
    place(ring, State.rxQueue + i * Queue.words)
  })
}
