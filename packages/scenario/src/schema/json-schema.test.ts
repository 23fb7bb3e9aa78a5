import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { scenarioJsonSchema } from './json-schema.js'

const folder = new URL('../../../../scenarios/', import.meta.url)

test('scenarios/schema.json is current', () => {
  const committed: unknown = JSON.parse(readFileSync(new URL('schema.json', folder), 'utf8'))
  const why =
    'it is not what the schema says: npx tsc -b && node apps/simulator/dist/main.js schema > scenarios/schema.json'
  expect(committed, why).toEqual(scenarioJsonSchema())
})

test('it knows units, keys and what may be left out', () => {
  const schema = JSON.stringify(scenarioJsonSchema())
  expect(schema).toContain('Mb/s|Gb/s')
  expect(scenarioJsonSchema()).toMatchObject({
    additionalProperties: false,
    required: ['version', 'hosts', 'phases'],
    properties: { memory: { type: 'string', default: '512 MiB' } },
  })
})
