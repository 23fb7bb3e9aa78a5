/** Why a VM is on its path, or why an operation on it was refused: the whole list. */
export const REASONS = [
  /** Nobody asked for passthrough. */
  'notRequested',
  /** It was asked for, and is. */
  'requested',
  /** The guest listens to all frames of the network, which the NIC gives to no VF. */
  'promiscuousMode',
  /** Another mode change of the VM is under way. */
  'operationInProgress',
  /** The NIC has no VF left, or not with the queues, vectors or features wanted. */
  'noVirtualFunction',
  /** The hypervisor's store has no plugin for the VF. */
  'noPlugin',
  /** The plugin's licence does not satisfy the policy. */
  'licenceRefused',
  /** The plugin was written for a contract that the hypervisor does not know. */
  'pluginVersion',
  /** The guest's driver offered memory that cannot hold the plugin, or none. */
  'guestMemory',
  /** The guest did not do its part by the deadline. */
  'guestDidNotAnswer',
  /** The guest reset its NIC. */
  'guestReset',
  /** The PF driver failed an operation. */
  'deviceFailure',
  /** The VM was taken off the VF by force. */
  'forced',
] as const

export type Reason = (typeof REASONS)[number]
