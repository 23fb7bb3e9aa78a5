/** Arguments of `npa-sim run`: a scenario that is named, before or after options, takes the place of the default one. */
export function simulatorArguments(args) {
  return args.some((arg) => arg.endsWith('.yaml')) ? args : ['scenarios/default.yaml', ...args]
}
