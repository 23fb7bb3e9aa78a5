/** States of a VM between emulation and passthrough. */
export type Mode =
  | 'emulated'
  | 'acquiring'
  | 'offered'
  | 'initialising'
  | 'ready'
  | 'activating'
  | 'settling'
  | 'passthrough'
  | 'leaving'
  | 'quiescing'
  | 'flushing'
  | 'quiesced'
  | 'revoked'
  | 'resuming'

/** What moves them: the operator, the guest's commands, the PF driver's answers, the deadline. */
export type ModeEvent =
  /** Operator: onto a VF; off it; off it without asking the guest. */
  | 'enter'
  | 'leave'
  | 'force'
  /** PF driver: VF and its information are there; VF initialised; nothing under way in the PF; VF quiet; an operation failed. */
  | 'acquired'
  | 'initialised'
  | 'drained'
  | 'quiet'
  | 'failed'
  /** Guest: LOAD_PLUGIN with enough memory; ACTIVATE_VF; ACTIVATE_DEV; its rings take frames; QUIESCE_DEV or RESET_DEV. */
  | 'load'
  | 'activateVf'
  | 'activateDev'
  | 'receiving'
  | 'reset'
  /** The guest's time is up. */
  | 'deadline'

/** What is done on a step; each is a method of the passthrough control. */
export type ModeAction =
  | 'acquire'
  | 'offer'
  | 'initialise'
  | 'openRegisters'
  | 'drain'
  | 'moveToVf'
  | 'announce'
  | 'forceOut'
  | 'moveToPf'
  | 'postpone'
  | 'postponeForce'
  | 'handBack'
  | 'revoke'
  | 'withdraw'
  | 'takeBack'
  | 'connect'

export interface Step {
  readonly next: Mode
  readonly action: ModeAction
}

/** The undo of every step towards passthrough: VF released, window and registers unmapped, guest told. */
const undo: Step = { next: 'emulated', action: 'withdraw' }
const beforePassthrough: Partial<Record<ModeEvent, Step>> = {
  leave: undo,
  force: undo,
  failed: undo,
  deadline: undo,
  reset: undo,
}

/** The mode machine: state, event -> next state, action. A pair that is not here changes nothing. */
export const modeTable: Readonly<Record<Mode, Partial<Record<ModeEvent, Step>>>> = {
  emulated: { enter: { next: 'acquiring', action: 'acquire' } },
  acquiring: { ...beforePassthrough, acquired: { next: 'offered', action: 'offer' } },
  offered: { ...beforePassthrough, load: { next: 'initialising', action: 'initialise' } },
  initialising: { ...beforePassthrough, initialised: { next: 'ready', action: 'openRegisters' } },
  ready: { ...beforePassthrough, activateVf: { next: 'activating', action: 'drain' } },
  activating: {
    drained: { next: 'settling', action: 'moveToVf' },
    leave: { next: 'activating', action: 'postpone' },
    force: { next: 'activating', action: 'postponeForce' },
    reset: { next: 'activating', action: 'postponeForce' },
  },
  settling: {
    drained: { next: 'passthrough', action: 'announce' },
    failed: undo,
    leave: { next: 'settling', action: 'postpone' },
    force: { next: 'settling', action: 'postponeForce' },
    reset: { next: 'settling', action: 'postponeForce' },
  },
  passthrough: {
    leave: { next: 'leaving', action: 'drain' },
    force: { next: 'leaving', action: 'forceOut' },
    reset: { next: 'leaving', action: 'forceOut' },
    failed: { next: 'leaving', action: 'forceOut' },
  },
  leaving: {
    drained: { next: 'quiescing', action: 'moveToPf' },
    force: { next: 'leaving', action: 'postponeForce' },
    reset: { next: 'leaving', action: 'postponeForce' },
  },
  quiescing: {
    quiet: { next: 'flushing', action: 'drain' },
    failed: { next: 'revoked', action: 'revoke' },
    force: { next: 'quiescing', action: 'postponeForce' },
    reset: { next: 'quiescing', action: 'postponeForce' },
  },
  /** What the VF sent to VMs of its own host goes through the PF: it must arrive before the guest sends on the shorter way. */
  flushing: {
    drained: { next: 'quiesced', action: 'handBack' },
    force: { next: 'flushing', action: 'postponeForce' },
    reset: { next: 'flushing', action: 'postponeForce' },
  },
  quiesced: {
    activateDev: { next: 'resuming', action: 'takeBack' },
    deadline: { next: 'revoked', action: 'revoke' },
    force: { next: 'revoked', action: 'revoke' },
  },
  revoked: { activateDev: { next: 'resuming', action: 'takeBack' } },
  resuming: { receiving: { next: 'emulated', action: 'connect' } },
}
