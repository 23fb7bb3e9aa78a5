/** Bytes of the largest register space. */
const SPACE = 0x20000

/**
 * Whether a chip may come to count under a name that it has not at first: accesses to registers that are not there, by their offset, what a
 * queue was stopped for, and messages that were refused. What a saved state counts under another name is no chip's.
 */
export function mayCount(name: string): boolean {
  const register = /^register\.unknown\.(?:vf\.)?(?:read|write)\.(0x[\da-f]+)$/.exec(name)
  if (register !== null) {
    const offset = Number(register[1])
    return offset < SPACE && offset % 4 === 0 && isPlain(register[1])
  }
  const fault = /^fault\.(?:rx|tx)\.(0x[\da-f]{1,8})(?:\.queue(?:\d|1[0-5]))?$/.exec(name)
  return fault !== null ? isPlain(fault[1]) : name === 'refused.header'
}

/** Without zeros in front. */
function isPlain(hex: string): boolean {
  return `0x${Number(hex).toString(16)}` === hex
}
