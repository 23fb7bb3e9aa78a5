export { runScenario } from './run-scenario.js'
export type { RunOptions } from './run-scenario.js'
export { Simulation } from './simulation.js'
export type { SimulationOptions, Timing } from './simulation.js'
export { collectDrops } from './drops.js'
export type { CountedComponent } from './drops.js'
export { parseScenario, ScenarioError } from './schema/parse-scenario.js'
export { parseYaml } from './schema/parse-yaml.js'
export { object, time } from './schema/fields.js'
export { scenarioSchema } from './schema/scenario-schema.js'
export type { PhaseSpec, Scenario, StreamSpec, SwitchSpec } from './schema/scenario-schema.js'
export type { CaptureOutput, Progress } from './recording.js'
export type {
  PayloadResult,
  PhaseFigures,
  PhaseResult,
  RealPhaseResult,
  RealResult,
  RoleFigures,
  RunResult,
  SwitchResult,
  Traffic,
  VirtualResult,
} from './result.js'
export { judge } from './judge.js'
export type { Evidence } from './judge.js'
export { GuestSystem } from './guest/guest.js'
export type { GuestSystemParts } from './guest/guest.js'
export { StreamEnd } from './guest/stream-end.js'
export type { StreamEndOptions } from './guest/stream-end.js'
export { Oracle } from './oracle/oracle.js'
export type { OracleVm } from './oracle/oracle.js'
export { Lane } from './oracle/lane.js'
export type { LaneCounts } from './oracle/lane.js'
export { FrameLog } from './oracle/frame-log.js'
export type { LaneLog } from './oracle/frame-log.js'
export { COST_PROFILES } from './cost/profiles.js'
export type { Cost, CostProfile } from './cost/profiles.js'
export { CostLedger } from './cost/ledger.js'
export { runResultSchema } from './result-schema.js'
export { scenarioJsonSchema } from './schema/json-schema.js'
export { isReceiver, sameFrame } from './phases/replay-frame.js'
export type { ReplayVm } from './phases/replay-frame.js'
export { NICS } from './nics.js'
