export {
  createRequestLink,
  REQUEST_LINK_BYTES,
  RemoteError,
  RequestClient,
  RequestServer,
  unplug,
} from './request-link.js'
export type { LinkPlace, RequestHandler } from './request-link.js'
export { createMessageLink, MESSAGE_LINK_BYTES, MessageReceiver, MessageSender } from './message-link.js'
export { RemoteDevice } from './remote-device.js'
export type { PostedBars } from './remote-device.js'
export { DeviceServer } from './device-server.js'
export type { ServedGuest } from './device-server.js'
export { CABLE_BYTES, CABLE_STORE_BYTES, CableEnd, cableRings, createCable } from './cable.js'
export type { CableOptions } from './cable.js'
export { ThreadScheduler } from './thread-scheduler.js'
export type { ThreadMonitor } from './thread-scheduler.js'
export { access, Op } from './ops.js'
