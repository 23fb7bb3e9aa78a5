import type { PciFunction } from '@npa/pci'

/** Operations of a request link; the first argument is the function's number: 0 for the physical one, then the VFs in their order. */
export const Op = {
  /** Function, offset, size. */
  configRead: 1,
  /** Function, offset, size, value. */
  configWrite: 2,
  /** Function, BAR, offset, size. */
  barRead: 3,
  /** Function, BAR, offset, size, value. */
  barWrite: 4,
  /** Function, kind. */
  reset: 5,
  /** Function: a new map begins. */
  mapBegin: 6,
  /** Function, start low and high, pages, first page in the arena with the top bit for writable. */
  mapRange: 7,
  /** Function, 1 for a map and 0 for none: what was sent since `mapBegin` counts when this is answered. */
  mapEnd: 8,
  /** Guest, function, BAR: the guest's register link leads there from now on. */
  openWindow: 9,
  /** Guest: its register link leads nowhere any more. */
  shutWindow: 10,
  /** Function, handle, guest, address low and high, data: such messages go to the guest directly. */
  route: 11,
  /** Handle. */
  unroute: 12,
  /** Address low and high, bytes: where they lie in the arena, or -1. */
  translate: 13,
} as const

/** Bit of `mapRange`'s page. */
export const WRITABLE: number = 1 << 31

export const RESET_KINDS = ['power', 'bus', 'function'] as const

/** What a read gives that nobody answers, as on PCI. */
export const ONES = -1

/** Carries out an access to a function as far as it makes sense: others read all ones and write nothing. */
export function access(fn: PciFunction, op: number, b: number, c: number, d: number, value: number): number {
  if (op === Op.configRead) return isSize(c) ? fn.configRead(b >>> 0, c) : ONES
  if (op === Op.barRead) return isSize(d) ? fn.barRead(b, c >>> 0, d) : ONES
  if (op === Op.configWrite) {
    if (isSize(c)) fn.configWrite(b >>> 0, c, d >>> 0)
  } else if (op === Op.barWrite && isSize(d)) fn.barWrite(b, c >>> 0, d, value >>> 0)
  return ONES
}

function isSize(size: number): size is 1 | 2 | 4 {
  return size === 1 || size === 2 || size === 4
}
