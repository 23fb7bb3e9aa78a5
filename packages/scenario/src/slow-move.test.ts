import { expect, test } from 'vitest'
import { runScenario } from './run-scenario.js'
import { roundTrip } from './testing/scenarios.js'

/** In real time a host's thread can lose its processor between any two steps, and the NIC goes on. */
test.each([1, 10, 100, 1000])(
  'a host that acts %d us after the instant at which nothing was under way through its PF loses no frame',
  (us) => {
    let late = 0
    const { findings, verdict } = runScenario({
      scenario: roundTrip(2000),
      prepare: ({ hosts, scheduler }) => {
        for (const { driver } of hosts) {
          const drain = driver.drain.bind(driver)
          driver.drain = (done) => {
            drain((quiet) => {
              if (quiet) late++
              const timer = scheduler.timer('late', () => done(quiet))
              timer.arm(scheduler.nowNs() + us * 1000)
            })
          }
        }
      },
    })
    expect(findings).toEqual([])
    expect(verdict).toBe('pass')
    expect(late).toBeGreaterThan(0)
  },
)
