/** What EERD shows after it was written: the command, done (bit 1), and the EEPROM's word in 31:16 (82599, 8.2.3.2.2). */
export function eerd(words: Uint16Array, command: number): number {
  const at = (command >>> 2) & 0x3fff
  return (((at < words.length ? words[at] : 0) << 16) | (command & 0xfffd) | 2) >>> 0
}
