import { nicSuite } from './nic/suite.js'
import { pathSuite } from './path/suite.js'
import type { Suite } from './report/suite.js'
import { ringSuite } from './ring/suite.js'

/** All suites, by name. */
export const suites: Readonly<Record<string, Suite>> = { nic: nicSuite, path: pathSuite, ring: ringSuite }
