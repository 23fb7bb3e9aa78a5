/**
 * What every JavaScript host of the library packages has besides ECMAScript itself: Node, browsers and workers. No timers,
 * no clock, no console: those are handed in.
 */
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>
  encodeInto(text: string, target: Uint8Array): { read: number; written: number }
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean })
  decode(bytes?: ArrayBufferView | ArrayBuffer): string
}
declare function structuredClone<T>(value: T): T
