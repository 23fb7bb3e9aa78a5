import { sha256 } from '@noble/hashes/sha2.js'

/** 'NPAI', little-endian, in the first word of an image. */
export const IMAGE_MAGIC = 0x4941504e

/** Version of the container. */
export const IMAGE_VERSION = 1

/** Bytes before the manifest: magic, version, manifest bytes, code bytes, SHA-256 of manifest and code. */
const HEADER_BYTES = 48

/** Bytes that an image may have at most. */
export const MAX_IMAGE_BYTES = 0x100000

/** What an image says of itself. */
export interface PluginManifest {
  /** The name by which PF drivers ask for it. */
  readonly name: string
  readonly version: string
  readonly api: { readonly major: number; readonly minor: number }
  /** An SPDX expression. */
  readonly license: string
  /** The VF that it drives. */
  readonly device: { readonly vendor: number; readonly device: number }
  /** `javascript`: a script whose value is `NPA_PluginMain`. It runs with the shell's rights: for trusted signers only. */
  readonly kind: 'javascript'
}

export interface PluginImage {
  readonly manifest: PluginManifest
  readonly code: Uint8Array
}

/** Why an image was refused. */
export class PluginImageError extends Error {
  override readonly name = 'PluginImageError'
}

/** SHA-256 of some bytes. */
export function digest(bytes: Uint8Array): Uint8Array {
  return sha256(bytes)
}

/** Whether two digests are equal. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

export function writeImage(image: PluginImage): Uint8Array {
  const manifest = new TextEncoder().encode(JSON.stringify(image.manifest))
  const bytes = new Uint8Array(HEADER_BYTES + manifest.length + image.code.length)
  const header = new DataView(bytes.buffer)
  header.setUint32(0, IMAGE_MAGIC, true)
  header.setUint32(4, IMAGE_VERSION, true)
  header.setUint32(8, manifest.length, true)
  header.setUint32(12, image.code.length, true)
  bytes.set(manifest, HEADER_BYTES)
  bytes.set(image.code, HEADER_BYTES + manifest.length)
  bytes.set(digest(bytes.subarray(HEADER_BYTES)), 16)
  return bytes
}

/** Reads an image, checking everything that can be checked of it; throws a `PluginImageError` that says what is wrong. */
export function readImage(bytes: Uint8Array): PluginImage {
  if (bytes.length > MAX_IMAGE_BYTES)
    throw new PluginImageError(`image of ${bytes.length} bytes: at most ${MAX_IMAGE_BYTES}`)
  if (bytes.length < HEADER_BYTES) throw new PluginImageError(`image of ${bytes.length} bytes: shorter than its header`)
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (header.getUint32(0, true) !== IMAGE_MAGIC) throw new PluginImageError('not a plugin image: wrong magic')
  const version = header.getUint32(4, true)
  if (version !== IMAGE_VERSION)
    throw new PluginImageError(`image version ${version}: this side reads version ${IMAGE_VERSION}`)
  const manifestBytes = header.getUint32(8, true)
  const codeBytes = header.getUint32(12, true)
  if (HEADER_BYTES + manifestBytes + codeBytes !== bytes.length) {
    throw new PluginImageError(
      `image of ${bytes.length} bytes: its header says ${HEADER_BYTES + manifestBytes + codeBytes}`,
    )
  }
  const body = bytes.subarray(HEADER_BYTES)
  if (!sameDigest(digest(body), bytes.subarray(16, HEADER_BYTES)))
    throw new PluginImageError('image damaged: SHA-256 differs')
  return { manifest: readManifest(body.subarray(0, manifestBytes)), code: body.subarray(manifestBytes) }
}

function readManifest(bytes: Uint8Array): PluginManifest {
  let value: unknown
  try {
    // a copy, since a decoder refuses views of shared memory
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice()))
  } catch {
    throw new PluginImageError('manifest is not JSON')
  }
  const manifest = record(value, 'manifest')
  const api = record(manifest['api'], 'manifest.api')
  const device = record(manifest['device'], 'manifest.device')
  if (manifest['kind'] !== 'javascript') throw new PluginImageError('manifest.kind: only "javascript" is known')
  return {
    name: text(manifest['name'], 'manifest.name'),
    version: text(manifest['version'], 'manifest.version'),
    api: { major: integer(api['major'], 'manifest.api.major'), minor: integer(api['minor'], 'manifest.api.minor') },
    license: text(manifest['license'], 'manifest.license'),
    device: {
      vendor: integer(device['vendor'], 'manifest.device.vendor'),
      device: integer(device['device'], 'manifest.device.device'),
    },
    kind: 'javascript',
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PluginImageError(`${what} is not an object`)
  return value as Record<string, unknown>
}

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 256) {
    throw new PluginImageError(`${what} is not a text of 1 to 256 characters`)
  }
  return value
}

function integer(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new PluginImageError(`${what} is not an integer from 0 to 65535`)
  }
  return value
}
