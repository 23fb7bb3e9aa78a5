/** What CI wants of the default scenario's JSON, version 0: a list of named checks, each with the reason when it failed. */
export function checkReport(report) {
  const checks = []
  const check = (name, ok, found) => checks.push({ name, ok, detail: ok ? '' : `found ${JSON.stringify(found)}` })
  const phases = Array.isArray(report.phases) ? report.phases : []
  const switches = Array.isArray(report.switches) ? report.switches : []

  check('version is 0', report.version === 0, report.version)
  check('the clock is virtual', report.clock === 'virtual', report.clock)
  check('the verdict is pass', report.verdict === 'pass', report.verdict)
  check('nothing leaked', report.leaks === 0, report.leaks)
  check('both modes carried phases', new Set(phases.map((phase) => phase.mode)).size === 2, report.phases)
  for (const phase of phases) check(`phase ${phase.name}: nothing lost, doubled or reordered`, clean(phase), phase)
  check(
    'streams of 20,000 frames in each mode',
    ['emulated', 'passthrough'].every((mode) => long(phases, mode)),
    phases,
  )
  const directions = switches.map(({ from, to }) => `${from} to ${to}`)
  for (const direction of ['emulated to passthrough', 'passthrough to emulated'])
    check(`a switch from ${direction}`, directions.includes(direction), directions)
  check(
    'switches dropped nothing',
    switches.every(({ framesDropped }) => framesDropped === 0),
    switches,
  )
  return checks
}

const clean = ({ lost, duplicated, reordered }) => lost === 0 && duplicated === 0 && reordered === 0
const long = (phases, mode) => phases.some((p) => p.mode === mode && p.tx?.frames + p.rx?.frames >= 20_000)
