export { Client, irqPayload, mapPayload, words } from './client.js'
export { Command, Region } from '../protocol.js'
