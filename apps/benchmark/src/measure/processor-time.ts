/**
 * Processor time of this process so far, seconds: what other work on the machine does not change much. It includes the compiler's and the
 * collector's threads, which are part of what the program costs.
 */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
