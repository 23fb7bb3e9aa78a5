/** The NIC's routing id: bus 0, device 4, function 0. */
export const NIC_RID: number = 4 << 3

const MIB = 1048576

/** Most RAM that q35 has below 4 GiB without giving room to the PCI windows, and what it has there otherwise (hw/i386/pc_q35.c). */
const LOW_MOST = 0xb0000000
const LOW_SPLIT = 0x80000000

/** A range of guest-physical addresses, [start, end). */
export interface AddressRange {
  readonly start: number
  readonly end: number
}

/** Where the RAM of a q35 machine lies that a driver may use: above the first megabyte, and, with much RAM, above 4 GiB. */
export function ramRanges(memoryMib: number): readonly AddressRange[] {
  const bytes = memoryMib * MIB
  const low = bytes >= LOW_MOST ? LOW_SPLIT : bytes
  const ranges = [{ start: MIB, end: low }]
  if (bytes > low) ranges.push({ start: 0x100000000, end: 0x100000000 + bytes - low })
  return ranges
}

/**
 * A firmware that stops the processor at its reset vector, so that nobody but the driver programs the machine: 64 KiB below
 * 4 GiB, in the last 16 bytes `cli`, `hlt`, and a jump back to the `hlt`.
 */
export function haltFirmware(): Uint8Array {
  const rom = new Uint8Array(65536)
  rom.set([0xfa, 0xf4, 0xeb, 0xfd], 0xfff0)
  return rom
}

/** What a machine is made of. */
export interface MachineOptions {
  readonly memoryMib: number
  /** The NIC's model and properties as for `-device`, such as `vmxnet3,mac=52:54:00:12:34:56`. */
  readonly nic: string
}

/** QEMU's command line for a q35 machine with one NIC at `NIC_RID`, whose files are in `folder`. */
export function machineArguments(options: MachineOptions, folder: string): string[] {
  return [
    ['-nodefaults', '-no-user-config', '-display', 'none', '-accel', 'tcg', '-M', 'q35,memory-backend=ram'],
    // Not reserved: a test may ask for RAM above 8 GiB and touch little of it.
    ['-m', String(options.memoryMib), '-object', `memory-backend-ram,id=ram,size=${options.memoryMib}M,reserve=off`],
    ['-bios', `${folder}/halt.bin`, '-qtest', `pipe:${folder}/qtest`, '-qtest-log', 'none'],
    ['-netdev', `stream,id=cable,server=off,addr.type=unix,addr.path=${folder}/cable`],
    ['-device', `${options.nic},netdev=cable,addr=${NIC_RID >> 3},romfile=`],
  ].flat()
}
