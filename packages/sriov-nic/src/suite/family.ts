/** A register write: offset in the PF's BAR 0, value. */
export type Write = readonly [offset: number, value: number]

/** What a pool takes and does. */
export interface PoolRules {
  readonly untagged?: boolean
  readonly broadcast?: boolean
  readonly multicastHash?: boolean
  readonly unicastHash?: boolean
  readonly allMulticast?: boolean
  /** VLAN tags are taken out of its frames. */
  readonly strip?: boolean
}

/** Which of several functions' bits of a register are whose. */
export interface BitPlace {
  readonly offset: number
  readonly bit: number
}

/** Interrupt registers of a function, its first vectors as their low bits. */
export interface InterruptRegisters {
  readonly cause: number
  readonly set: number
  readonly enable: number
  readonly disable: number
  readonly autoClear: number
  readonly autoMask: number
  /** Throttle of vector 0, and of vector n at + 4n. */
  readonly throttle: number
}

/**
 * Where a family of chips keeps what the suite asks for, and how its registers are made to say it. Offsets are bytes in BAR 0 of the
 * PF, or of a virtual function where that is said; sequences of writes are for the PF.
 */
export interface Family {
  readonly name: string
  readonly pci: {
    readonly devices: readonly number[]
    readonly vfDevice: number
    readonly totalVfs: number
    readonly vfVectors: number
    /** Whether virtual functions advertise their function-level reset. */
    readonly vfResetAdvertised: boolean
  }
  /** CTRL, STATUS and CTRL_EXT have the same place in all; EERD has the same bits, SWSM too. */
  readonly eerd: number
  /** Whether words 0 to 0x3F alone make up the checksum, or the sections that words 3 to 0xE point to as well. */
  readonly checksumOfSections: boolean
  readonly swsm: number
  readonly softwareLocks: number
  readonly freeTimer: { readonly pf: number; readonly vf: number }

  readonly interrupts: { readonly pf: InterruptRegisters; readonly vf: InterruptRegisters }
  /** General mode: several MSI-X vectors, automatic masking. */
  readonly interruptMode: Write
  /** Throttle: the longest interval, and its length in ns. */
  readonly longestThrottle: { readonly value: number; readonly ns: number }
  /** Gives the PF's vector 0 to the causes that are no queue's, the mailbox among them, and lets that one through. */
  readonly mailboxInterrupt: readonly Write[]
  /** In a virtual function: vectors of queue 0, and of the mailbox, with their valid bits. */
  readonly vfVectors: { readonly queues: number; readonly mailbox: number }

  readonly mailbox: {
    readonly pf: (vf: number) => number
    readonly pfMemory: (vf: number) => number
    /** In the virtual function. */
    readonly vf: number
    readonly vfMemory: number
    readonly request: (vf: number) => BitPlace
    readonly acknowledge: (vf: number) => BitPlace
    readonly resetSeen: (vf: number) => BitPlace
    /** Where a written one clears `resetSeen`. */
    readonly resetClear: (vf: number) => BitPlace
  }
  /** In the virtual function: its reset bit is 26. */
  readonly vfControl: number

  /** Registers of a pool's queue in the PF's space, transmit and receive. */
  readonly queue: (pool: number, index: number) => { readonly tx: number; readonly rx: number }
  /** The same in a virtual function. */
  readonly vfQueue: (index: number) => { readonly tx: number; readonly rx: number }
  /** SRRCTL, from the start of a receive queue's registers. */
  readonly srrctl: number
  /** Bit of SRRCTL: drop what finds no descriptor. */
  readonly dropEnable: number
  /** Error bits of a receive descriptor: L4 checksum, IPv4 header checksum. */
  readonly checksumErrors: { readonly l4: number; readonly ip: number }
  /** Receive and transmit enable, a bit for each of the first pools. */
  readonly pools: { readonly receive: number; readonly transmit: number }

  /** Says that there is a link. */
  readonly linkUp: BitPlace
  /** Link, filters, pools and engines for `vfs` virtual functions and the PF's pool behind them; virtual functions may begin. */
  readonly setUp: (vfs: number) => readonly Write[]
  readonly receiver: (on: boolean) => readonly Write[]
  /** The port takes unicasts to nobody known; all multicasts. */
  readonly promiscuous: (unicast: boolean, multicast: boolean) => readonly Write[]
  readonly exact: (entry: number, mac: Uint8Array, pools: number) => readonly Write[]
  readonly exactEntries: number
  /** RAL of an entry; RAH is behind it. */
  readonly ral: (entry: number) => number
  readonly rules: (pool: number, rules: PoolRules) => readonly Write[]
  readonly multicastTable: number
  readonly unicastTable: number
  readonly vlanFilter: (on: boolean) => readonly Write[]
  readonly vlan: (entry: number, id: number, pools: number) => readonly Write[]
  readonly vlanEntries: number
  readonly defaultPool: (pool: number | undefined) => readonly Write[]
  readonly loopback: (on: boolean) => readonly Write[]
  readonly spoofCheck: (mac: number, vlan: number) => readonly Write[]
  /** Tag that the chip puts into every frame of a pool. */
  readonly portVlan: (pool: number, tci: number) => readonly Write[]
  /** A rule that copies what comes in for pools to another pool. */
  readonly mirror: (rule: number, pools: number, to: number) => readonly Write[]
  /** The transmit rate of queue 0 of a pool, Mb/s. */
  readonly rateLimit: (pool: number, mbps: number) => readonly Write[]
  /** An EtherType filter, for a pool and a queue if these are named and the family's filters can; `undefined` turns it off. */
  readonly etherType: (
    filter: number,
    type: number | undefined,
    to: { readonly pool?: number; readonly queue?: number },
  ) => readonly Write[]
  /** How the PF hears of malformed descriptors: writes that let it; where the reason is, which reading clears; the cause. */
  readonly misbehaviour: {
    readonly setUp: readonly Write[]
    readonly transmitReason: number
    readonly cause: BitPlace
  }
  /** Longest frame, with FCS. */
  readonly maxFrame: (bytes: number) => readonly Write[]
  readonly receiveChecksums: readonly Write[]
  readonly rss: {
    /** RSS between queues 0 and 1 of pool 0; hash of TCP and IP, both versions, in the descriptor. */
    readonly enable: () => readonly Write[]
    /** Value of a table entry that names a pool's queue 0, and its queue 1. */
    readonly entries: readonly [number, number]
    /** 128 entries of a byte; key of 40 bytes. */
    readonly table: number
    readonly key: number
  }

  readonly statistics: {
    readonly received: number
    readonly sent: number
    readonly broadcastsReceived: number
    readonly multicastsReceived: number
    /** Low word; the high one is behind it. */
    readonly octetsReceived: number
    readonly octetsSent: number
    /** Where there are any. */
    readonly spoofed: readonly number[]
    /** Frames that queue 0 of pool 0 dropped for want of a descriptor. */
    readonly dropped: number
    /** In a virtual function. */
    readonly vf: {
      readonly received: number
      readonly sent: number
      readonly octetsReceived: number
      readonly octetsSent: number
      readonly multicasts: number
    }
  }
  /** Registers with the values that they have after power-on and a software reset, and a value to be lost in between. */
  readonly resetValues: readonly {
    readonly name: string
    readonly offset: number
    readonly value: number
    readonly spoil: number
  }[]
}
