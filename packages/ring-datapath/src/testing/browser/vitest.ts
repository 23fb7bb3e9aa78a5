import { chai, GLOBAL_EXPECT, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from '@vitest/expect'

/** What a test came to. */
export interface Outcome {
  readonly name: string
  readonly error: string | undefined
}

type Body = () => unknown
type Each = (table: readonly unknown[]) => (name: string, body: (...row: never[]) => unknown) => void
type Declare = ((name: string, body: Body) => void) & { each: Each }

interface Block {
  readonly tests: { readonly name: string; readonly body: Body; readonly block: Block }[]
  readonly before: Body[]
  readonly after: Body[]
  readonly afterEach: Body[]
  readonly parent: Block | undefined
  readonly name: string
}

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

/** vitest's own, which needs no test runner. */
export const expect: unknown = chai.expect
const state = { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }
Object.assign(globalThis, { [GLOBAL_EXPECT]: expect })
setState(state as never, expect as never)

function makeBlock(name: string, parent: Block | undefined): Block {
  return { tests: [], before: [], after: [], afterEach: [], parent, name }
}

const root = makeBlock('', undefined)
const blocks = [root]
let block = root

function declare(one: (name: string, body: Body) => void): Declare {
  const each: Each = (table) => (name, body) => {
    for (const entry of table) {
      const row = (Array.isArray(entry) ? entry : [entry]) as never[]
      one(`${name} ${JSON.stringify(row)}`, () => body(...row))
    }
  }
  return Object.assign(one, { each })
}

export const test: Declare = declare((name, body) => void block.tests.push({ name, body, block }))

export const describe: Declare = declare((name, body) => {
  const outer = block
  block = makeBlock(name, outer)
  blocks.push(block)
  body()
  block = outer
})

export function beforeAll(body: Body): void {
  block.before.push(body)
}

export function afterAll(body: Body): void {
  block.after.push(body)
}

export function afterEach(body: Body): void {
  block.afterEach.push(body)
}

function titleOf(block: Block): string {
  return block.parent === undefined ? '' : `${titleOf(block.parent)}${block.name}: `
}

/** Runs every test that was declared. */
export async function runAll(): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const one of blocks) {
    for (const body of one.before) await body()
    for (const { name, body } of one.tests) {
      let error: string | undefined
      try {
        await body()
      } catch (thrown) {
        error = String(thrown)
      }
      for (const after of one.afterEach) await after()
      outcomes.push({ name: titleOf(one) + name, error })
    }
    for (const body of one.after) await body()
  }
  return outcomes
}
