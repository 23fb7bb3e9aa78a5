import { Implementation } from '@npa/vmxnet3-spec'

/** Where the driver stands between emulation and passthrough. */
export type ModeState =
  /** The software plugin carries the frames. */
  | 'emulated'
  /** The same; an offer was turned down and its window waits to be given up by the hypervisor. */
  | 'declined'
  /** The same; a vendor's plugin is ready to start. */
  | 'loaded'
  /** The stack is stopped; the emulated device still has frames to send. */
  | 'draining'
  /** ACTIVATE_VF was accepted; the software plugin still receives. */
  | 'activated'
  /** The vendor's plugin carries the frames. */
  | 'passthrough'
  /** Nothing carries frames: the driver is not open, or the device refused to be activated. */
  | 'down'

/** What is done on a step; each tells whether it went well. */
export interface ModeActions {
  /** Loads the plugin on offer and starts it, without touching the device's data path. */
  load(): boolean
  /** Gives the vendor's plugin up before it carried a frame, and goes on with the software plugin. */
  withdraw(): boolean
  /** Stops the stack; `activateVf` follows when the emulated device has sent everything. */
  drain(): boolean
  /** Posts buffers on the VF and issues ACTIVATE_VF. */
  activateVf(): boolean
  /** Takes what is left in the emulated rings and makes the vendor's plugin current. */
  enter(): boolean
  /** Takes what is left in the VF's rings and goes back to the emulated device with every unsent frame. */
  leave(): boolean
  /** Starts the emulated device afresh, without touching VF or window. */
  forget(): boolean
}

export type ModeAction = keyof ModeActions

export interface ModeStep {
  readonly action: ModeAction
  readonly next: ModeState
  /** When the action did not go well. */
  readonly otherwise: ModeState
}

/** What GET_DEV_EXTRA_INFO says, or that the emulated device has sent everything. */
export type ModeInput = keyof typeof Implementation | 'drained'

const withdraw: ModeStep = { action: 'withdraw', next: 'emulated', otherwise: 'emulated' }
const forget: ModeStep = { action: 'forget', next: 'emulated', otherwise: 'down' }
const leave: ModeStep = { action: 'leave', next: 'emulated', otherwise: 'down' }

/**
 * The guest's half of the mode switch: state, input -> action, next state. An input that is not here changes nothing, so doubled, lost
 * and late events do no harm: what counts is where the device stands when the driver looks.
 */
export const modeTable: Readonly<Record<ModeState, Partial<Readonly<Record<ModeInput, ModeStep>>>>> = {
  emulated: {
    offered: { action: 'load', next: 'loaded', otherwise: 'declined' },
    // forced out of a passthrough that the driver had already given up by a reset
    revoked: forget,
  },
  declined: { emulated: withdraw, revoked: forget },
  loaded: {
    ready: { action: 'drain', next: 'draining', otherwise: 'draining' },
    emulated: withdraw,
    revoked: forget,
  },
  draining: {
    drained: { action: 'activateVf', next: 'activated', otherwise: 'declined' },
    emulated: withdraw,
    offered: withdraw,
    revoked: forget,
  },
  activated: {
    passthrough: { action: 'enter', next: 'passthrough', otherwise: 'passthrough' },
    emulated: withdraw,
    offered: withdraw,
    // passthrough came and went unseen
    quiesced: leave,
    revoked: forget,
  },
  passthrough: { quiesced: leave, revoked: forget, emulated: forget, offered: forget, ready: forget },
  // a device without a shared area has no events
  down: {},
}

const inputs = new Map<number, ModeInput>(
  Object.entries(Implementation).map(([name, value]) => [value, name as ModeInput]),
)

/** The input that an answer to GET_DEV_EXTRA_INFO is; undefined for what this driver does not know, all ones included. */
export function modeInput(implementation: number): ModeInput | undefined {
  return inputs.get(implementation)
}
