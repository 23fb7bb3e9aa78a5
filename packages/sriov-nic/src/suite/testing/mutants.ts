import type { ChipUnderTest, Family, FunctionUnderTest, RunningChip } from '../index.js'

/** Accesses of a chip with a fault: BAR 0 of the PF, or of a virtual function. */
interface Faults {
  readonly write?: (
    offset: number,
    value: number,
    through: (offset: number, value: number) => Promise<void>,
  ) => Promise<void>
  readonly read?: (offset: number, value: number) => number
  readonly config?: (offset: number, value: number) => number
}

/** A fault, and the chapter that has to notice it. */
export interface Mutant {
  readonly fault: string
  readonly chapter: string
  /** The family that has the chapter; all unless given. */
  readonly only?: string
  readonly pf?: (family: Family) => Faults
  readonly vf?: (family: Family) => Faults
  /** What drivers put into memory, as the chip reads it. */
  readonly put?: (bytes: Uint8Array) => Uint8Array
  /** Frames as the far end gets them. */
  readonly out?: (frame: Uint8Array) => Uint8Array
}

function faulty(fn: FunctionUnderTest, faults: Faults, put: Mutant['put']): FunctionUnderTest {
  const through = (offset: number, value: number): Promise<void> => fn.write(0, offset, value >>> 0)
  return {
    memory: fn.memory,
    configRead: async (offset, size) => {
      const value = await fn.configRead(offset, size)
      return faults.config?.(offset, value) ?? value
    },
    configWrite: (offset, size, value) => fn.configWrite(offset, size, value),
    read: async (bar, offset) => {
      const value = await fn.read(bar, offset)
      return bar === 0 ? (faults.read?.(offset, value) ?? value) : value
    },
    write: (bar, offset, value) =>
      bar === 0 && faults.write !== undefined ? faults.write(offset, value, through) : fn.write(bar, offset, value),
    load: (offset, bytes) => fn.load(offset, bytes),
    store: (offset, bytes) => fn.store(offset, put?.(bytes.slice()) ?? bytes),
    enableMessages: () => fn.enableMessages(),
    messages: () => fn.messages(),
  }
}

/** The chip with the mutant's fault. */
export function mutated(chip: ChipUnderTest, mutant: Mutant): ChipUnderTest {
  const { family } = chip
  const pf = mutant.pf?.(family) ?? {}
  return {
    ...chip,
    start: async (): Promise<RunningChip> => {
      const running = await chip.start()
      return {
        mac: running.mac,
        pf: faulty(running.pf, pf, mutant.put),
        vf: async (index) => faulty(await running.vf(index), mutant.vf?.(family) ?? {}, mutant.put),
        send: (frame) => running.send(frame),
        received: async () => (await running.received()).map((frame) => mutant.out?.(frame) ?? frame),
        cable: (pluggedIn) => running.cable(pluggedIn),
        settle: () => running.settle(),
        pass: (ns) => running.pass(ns),
        close: () => running.close(),
      }
    },
  }
}

/** Writes to these places are lost. */
function deaf(...places: readonly (readonly [from: number, bytes: number])[]): Faults {
  return {
    write: (offset, value, through) =>
      places.some(([from, bytes]) => offset >= from && offset < from + bytes)
        ? Promise.resolve()
        : through(offset, value),
  }
}

/** Bits of a register that cannot be set. */
function masked(from: number, bytes: number, bits: number): Faults {
  return {
    write: (offset, value, through) => through(offset, offset >= from && offset < from + bytes ? value & ~bits : value),
  }
}

const kawela = ({ name }: Family): boolean => name === '82576'

/** Offsets in frames, and in configuration space of our models. */
const TCP4_CHECKSUM = 50
const IP4_IDENTIFICATION = 19
const TOTAL_VFS = 0x16e

/** A transmit descriptor: its bytes; in its command extension, type and EOP, and what these are of a packet's last data. */
const DESCRIPTOR = 16
const TYPE_AND_END = 0x21f00000
const DATA_AND_END = 0x21300000

export const MUTANTS: readonly Mutant[] = [
  {
    fault: 'the cause register takes what is written, instead of clearing ones',
    chapter: 'interrupts',
    vf: ({ interrupts }) => ({
      write: async (offset, value, through) => {
        if (offset !== interrupts.vf.cause) return through(offset, value)
        await through(offset, ~value)
        await through(interrupts.vf.set, value)
      },
    }),
  },
  {
    fault: 'requests of virtual functions cannot be cleared by the PF',
    chapter: 'mailbox',
    pf: ({ mailbox }) => deaf([mailbox.request(0).offset, 4]),
  },
  {
    fault: "the virtual function's acknowledgement is lost",
    chapter: 'mailbox',
    vf: ({ mailbox }) => masked(mailbox.vf, 4, 2),
  },
  { fault: "the PF's acknowledgement is lost", chapter: 'mailbox', pf: ({ mailbox }) => masked(mailbox.pf(0), 32, 2) },
  { fault: 'the PF cannot take the buffer', chapter: 'mailbox', pf: ({ mailbox }) => masked(mailbox.pf(0), 32, 8) },
  { fault: 'the redirection table is ignored', chapter: 'RSS', pf: ({ rss }) => deaf([rss.table, 128]) },
  { fault: 'the hash key is ignored', chapter: 'RSS', pf: ({ rss }) => deaf([rss.key, 40]) },
  {
    fault: 'source addresses are not checked',
    chapter: 'anti-spoof',
    pf: (family) => (kawela(family) ? masked(0x3500, 4, 0xff) : masked(0x8200, 32, 0xff)),
  },
  {
    fault: 'VLANs of what is sent are not checked',
    chapter: 'anti-spoof',
    pf: (family) => (kawela(family) ? masked(0x3500, 4, 0xff00) : masked(0x8200, 32, 0xff00)),
  },
  {
    fault: 'tags are never taken out',
    chapter: 'VLAN',
    pf: (family) => (kawela(family) ? masked(0x5ad0, 32, 1 << 30) : masked(0x1028, 0x1000, 1 << 30)),
  },
  {
    fault: 'a pool has no tag of its own',
    chapter: 'VLAN',
    pf: (family) => deaf([kawela(family) ? 0x3700 : 0x8000, 32]),
  },
  {
    fault: 'the VLAN filter is off',
    chapter: 'VLAN',
    pf: (family) => (kawela(family) ? masked(0x100, 4, 1 << 18) : masked(0x5088, 4, 1 << 30)),
  },
  { fault: 'multicasts are not hashed', chapter: 'filters', pf: ({ multicastTable }) => deaf([multicastTable, 512]) },
  { fault: 'unicasts are not hashed', chapter: 'filters', pf: ({ unicastTable }) => deaf([unicastTable, 512]) },
  {
    fault: 'the last exact filter does not work',
    chapter: 'filters',
    pf: ({ ral, exactEntries }) => deaf([ral(exactEntries - 1), 8]),
  },
  {
    fault: 'pools do not reach each other',
    chapter: 'loopback',
    pf: (family) => (kawela(family) ? masked(0x3500, 4, 0x80000000) : masked(0x8220, 4, 1)),
  },
  {
    fault: 'mirror rules are ignored',
    chapter: 'mirror',
    pf: (family) => deaf([kawela(family) ? 0x5da0 : 0xf630, 16]),
  },
  {
    fault: 'EtherType filters are ignored',
    chapter: 'EtherType filters',
    pf: (family) => deaf([kawela(family) ? 0x5cb0 : 0x5128, 32]),
  },
  {
    fault: 'nobody is told why a queue was stopped',
    chapter: 'malformed descriptors',
    pf: ({ misbehaviour }) => ({ read: (at, value) => (at === misbehaviour.transmitReason ? 0 : value) }),
  },
  {
    fault: 'a length that is not that of the data is taken for granted',
    chapter: 'malformed descriptors',
    put: (bytes) => {
      if (bytes.length !== DESCRIPTOR) return bytes
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      const command = view.getUint32(8, true)
      if ((command & TYPE_AND_END) === DATA_AND_END) view.setUint32(12, (command & 0xffff) << 14, true)
      return bytes
    },
  },
  {
    fault: 'a queue that was stopped cannot be started again',
    chapter: 'malformed descriptors',
    vf: ({ vfQueue }) => ({
      write: (at, value, through) =>
        at === vfQueue(0).tx + 0x28 && value === 0 ? Promise.resolve() : through(at, value),
    }),
  },
  {
    fault: 'transmit rates are ignored',
    chapter: 'rate limit',
    pf: (family) => deaf([kawela(family) ? 0x36b0 : 0x4984, 4]),
  },
  {
    fault: 'disabling an interrupt does nothing',
    chapter: 'interrupts',
    pf: ({ interrupts }) => deaf([interrupts.pf.disable, 4]),
  },
  {
    fault: 'interrupts do not mask themselves',
    chapter: 'interrupts',
    vf: ({ interrupts }) => deaf([interrupts.vf.autoMask, 4]),
  },
  {
    fault: 'interrupts are not throttled',
    chapter: 'interrupts',
    vf: ({ interrupts }) => deaf([interrupts.vf.throttle, 4]),
  },
  {
    fault: "the PF does not hear of a virtual function's reset",
    chapter: 'reset',
    pf: ({ mailbox }) => ({ read: (offset, value) => (offset === mailbox.resetSeen(0).offset ? 0 : value) }),
  },
  {
    fault: "a virtual function's reset bit does nothing",
    chapter: 'reset',
    vf: ({ vfControl }) => deaf([vfControl, 4]),
  },
  {
    fault: 'the link is always there',
    chapter: 'link',
    pf: ({ linkUp }) => ({ read: (at, value) => (at === linkUp.offset ? (value | (1 << linkUp.bit)) >>> 0 : value) }),
  },
  {
    fault: 'a link that was lost is forgotten',
    chapter: 'link',
    only: '82599',
    pf: ({ linkUp }) => ({ read: (at, value) => (at === linkUp.offset ? (value | 0x80) >>> 0 : value) }),
  },
  {
    fault: 'all queues have the same credits',
    chapter: 'rate limit',
    only: '82599',
    pf: () => deaf([0x4904, 4]),
  },
  {
    fault: 'nothing is coalesced',
    chapter: 'receive side coalescing',
    only: '82599',
    vf: ({ vfQueue }) => deaf([vfQueue(0).rx + 0x2c, 4]),
  },
  { fault: 'a software reset does nothing', chapter: 'reset', pf: () => masked(0, 4, 1 << 26) },
  {
    fault: 'the semaphore is always free',
    chapter: 'semaphores',
    pf: ({ swsm }) => ({ read: (at, value) => (at === swsm ? value & ~1 : value) }),
  },
  {
    fault: 'the EEPROM is damaged',
    chapter: 'EEPROM',
    pf: ({ eerd }) => ({ read: (at, value) => (at === eerd ? (value ^ 0x10000) >>> 0 : value) }),
  },
  {
    fault: 'a queue cannot be turned off',
    chapter: 'transmit',
    vf: ({ vfQueue }) => ({
      write: (at, value, through) =>
        at === vfQueue(0).tx + 0x28 && value === 0 ? Promise.resolve() : through(at, value),
    }),
  },
  {
    fault: 'the head is never written back',
    chapter: 'transmit',
    vf: ({ vfQueue }) => deaf([vfQueue(0).tx + 0x38, 8]),
  },
  {
    fault: 'any length is received',
    chapter: 'receive',
    pf: (family) => ({
      write: (at, value, through) => {
        if (kawela(family) && at === 0x5004) return through(at, 0x2600)
        if (kawela(family) && at >= 0x5ad0 && at < 0x5af0) return through(at, (value & ~0x3fff) | 0x2600)
        return through(at, at === 0x4268 && !kawela(family) ? 0x26000000 : value)
      },
    }),
  },
  {
    fault: 'disabled pools receive',
    chapter: 'receive',
    pf: ({ pools }) => ({
      write: (at, value, through) => through(at, at === pools.receive ? value | 1 : value),
    }),
  },
  {
    fault: 'the TCP checksum is not completed',
    chapter: 'checksums',
    out: (frame) => frame.map((byte, i) => (i === TCP4_CHECKSUM ? byte ^ 1 : byte)),
  },
  {
    fault: 'segments have the same identification',
    chapter: 'segmentation',
    out: (frame) => frame.map((byte, i) => (i === IP4_IDENTIFICATION ? 0x34 : byte)),
  },
  {
    fault: 'there are fewer virtual functions',
    chapter: 'SR-IOV capability',
    pf: () => ({ config: (offset, value) => (offset === TOTAL_VFS ? value - 1 : value) }),
  },
  {
    fault: 'counters are not cleared by reading',
    chapter: 'statistics',
    pf: ({ statistics }) => {
      let kept = 0
      return { read: (at, value) => (at === statistics.received ? (kept = Math.max(kept, value)) : value) }
    },
  },
  {
    fault: "a virtual function's counters are cleared by reading",
    chapter: 'statistics',
    vf: ({ statistics }) => {
      let seen = 0
      return {
        read: (at, value) => {
          if (at !== statistics.vf.received) return value
          const fresh = value - seen
          seen = value
          return fresh
        },
      }
    },
  },
]
