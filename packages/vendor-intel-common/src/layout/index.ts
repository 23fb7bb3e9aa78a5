export {
  DESCRIPTOR_BYTES,
  DESCRIPTOR_WORDS,
  DeviceInfo,
  PRIVATE_BYTES,
  RING_LAYOUT,
  ringBytes,
  RX_BUFFER_BYTES,
} from './rings.js'
export { ETHERNET_BYTES, RxStatus, RxType, TxCommand, TxContext, TxInfo } from './descriptors.js'
export type { ChecksumErrors } from './descriptors.js'
