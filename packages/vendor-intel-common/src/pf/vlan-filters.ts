/** The registers of a chip's VLAN filters of pools; `pools` is a bit for each. */
export interface VlanTable {
  readonly entries: number
  /** Empties the pools' filters and opens the first gate, VFTA, for every VLAN. */
  start(): void
  /** Puts a VLAN into an entry that is not valid: the members are there before the VLAN is. */
  set(entry: number, vlan: number, pools: number): void
  /** Changes the members of a valid entry, which has this VLAN. */
  members(entry: number, vlan: number, pools: number): void
  clear(entry: number): void
}

/**
 * The VLAN filters of pools. An entry exists while a VF is in its VLAN, or the virtual switch behind the PF uses
 * it; the PF's pool is in every entry. Of a VLAN without entry the PF gets what the default pool gets: unicast at most. VFs go first:
 * when the table is full, they take the entries that only the PF has.
 */
export class VlanFilters {
  readonly #table: VlanTable
  readonly #pf: number
  /** VLAN of an entry, -1 for a free one. */
  readonly #vlan: Int32Array
  /** Pools of an entry without the PF's, a bit each. */
  readonly #vfs: Uint32Array
  /** Whether the virtual switch uses a VLAN and got an entry for it. */
  readonly #pfUses: Uint8Array = new Uint8Array(4096)

  constructor(table: VlanTable, pfPool: number) {
    this.#table = table
    this.#pf = (1 << pfPool) >>> 0
    this.#vlan = new Int32Array(table.entries).fill(-1)
    this.#vfs = new Uint32Array(table.entries)
  }

  /** No VLAN has an entry: the port lets all of them in, the pools' filters none but the PF. */
  start(): void {
    this.#table.start()
  }

  /** The virtual switch has ports in a VLAN, or sends into it: it wants to hear from it if there is room. Called for every tagged frame. */
  use(vlan: number): void {
    if (this.#pfUses[vlan] === 1) return
    if (!this.#vlan.includes(vlan)) {
      const entry = this.#vlan.indexOf(-1)
      if (entry < 0) return
      this.#open(entry, vlan)
    }
    this.#pfUses[vlan] = 1
  }

  /** Whether VFs can join all of these VLANs. */
  hasRoomFor(vlans: readonly number[]): boolean {
    const fresh = vlans.filter((vlan) => !this.#vlan.includes(vlan)).length
    const free = this.#vfs.filter((vfs, entry) => vfs === 0 && !vlans.includes(this.#vlan[entry])).length
    return fresh <= free
  }

  /** Puts a VF into a VLAN. The caller has made sure of room for all that it joins with it. */
  join(vlan: number, vf: number, among: readonly number[]): void {
    const known = this.#vlan.indexOf(vlan)
    const entry = known >= 0 ? known : this.#free(among)
    this.#vfs[entry] |= 1 << vf
    if (known < 0) this.#open(entry, vlan)
    else this.#members(entry)
  }

  leave(vlan: number, vf: number): void {
    const entry = this.#vlan.indexOf(vlan)
    this.#vfs[entry] &= ~(1 << vf)
    if (this.#vfs[entry] !== 0 || this.#pfUses[vlan] === 1) this.#members(entry)
    else this.#close(entry)
  }

  /** An entry that nobody has, or else that only the PF has, of a VLAN that is not `among` the wanted ones. */
  #free(among: readonly number[]): number {
    const empty = this.#vlan.indexOf(-1)
    if (empty >= 0) return empty
    const entry = this.#vfs.findIndex((vfs, n) => vfs === 0 && !among.includes(this.#vlan[n]))
    this.#pfUses[this.#vlan[entry]] = 0
    this.#close(entry)
    return entry
  }

  #open(entry: number, vlan: number): void {
    this.#vlan[entry] = vlan
    this.#table.set(entry, vlan, (this.#vfs[entry] | this.#pf) >>> 0)
  }

  #members(entry: number): void {
    this.#table.members(entry, this.#vlan[entry], (this.#vfs[entry] | this.#pf) >>> 0)
  }

  #close(entry: number): void {
    this.#vlan[entry] = -1
    this.#table.clear(entry)
  }
}
