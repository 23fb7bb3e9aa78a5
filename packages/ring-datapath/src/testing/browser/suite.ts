// In a worker of a page: every test of this package that needs no Node.
import '../../buffer-pool.test.js'
import '../../descriptors/generation.test.js'
import '../../descriptors/head-tail.test.js'
import '../../descriptors/page-chained.test.js'
import '../../doorbell.test.js'
import '../../kernels/copy.test.js'
import '../../spsc/hostile.test.js'
import '../../spsc/ring.test.js'
import { runAll } from './vitest.js'
import { worker } from './web.js'

void runAll().then((outcomes) => worker.postMessage(outcomes))
