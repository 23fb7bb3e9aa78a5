/**
 * Version of the contract between shell, plugin, hypervisor and PF driver. A shell runs plugins of its own major version and
 * of a minor version up to its own: minor versions only add.
 */
export const API_MAJOR = 1
export const API_MINOR = 0

/** Whether this side can run a plugin written for `major.minor`. */
export function apiCompatible(major: number, minor: number): boolean {
  return major === API_MAJOR && minor >= 0 && minor <= API_MINOR
}
