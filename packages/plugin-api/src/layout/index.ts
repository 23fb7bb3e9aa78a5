export { API_MAJOR, API_MINOR, apiCompatible } from './version.js'
export {
  DEVICE_INFO_WORDS,
  layOutWindow,
  MAX_BUFFER_ID,
  MAX_QUEUES,
  MAX_SG,
  Queue,
  RecvFlag,
  RecvFrame,
  SendFlag,
  SendInfo,
  SgList,
  State,
  STATE_MAGIC,
  windowBytes,
  Xsum,
} from './window.js'
export type { RingRequest, WindowRequest } from './window.js'
