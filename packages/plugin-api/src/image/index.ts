export {
  digest,
  IMAGE_MAGIC,
  IMAGE_VERSION,
  MAX_IMAGE_BYTES,
  PluginImageError,
  readImage,
  sameDigest,
  writeImage,
} from './plugin-image.js'
export type { PluginImage, PluginManifest } from './plugin-image.js'
