import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Alert } from '../../model/alert.ts'
import { DEFAULT_SETTINGS } from '../../model/settings.ts'
import { alertsInEffect, DEFAULT_ALERTS } from './default-alerts.ts'

const settings = DEFAULT_SETTINGS
const [first] = alertsInEffect({ alerts: [], settings })
assert.ok(first)

const namesWith = (...alerts: readonly Alert[]) => alertsInEffect({ alerts, settings }).map(({ name }) => name)

describe('alertsInEffect()', () => {
  it('brings along one alert for each of the things that go wrong in a mesh', () => {
    assert.deepEqual(namesWith(), Object.keys(DEFAULT_ALERTS))
    assert.ok(alertsInEffect({ alerts: [], settings }).every(({ namespace }) => namespace === settings.rootNamespace))
  })

  it('gives way to an AlertRule of the same name in the root namespace, and to no other', () => {
    const mine = { ...first, severity: 'info' } as const
    const [found, ...others] = alertsInEffect({ alerts: [mine], settings })
    assert.equal(found, mine)
    assert.equal(others.length, Object.keys(DEFAULT_ALERTS).length - 1)
    assert.ok(namesWith({ ...mine, namespace: 'shop' }).filter(name => name === first.name).length === 2)
  })

  it('leaves out what is switched off, its own too', () => {
    assert.ok(!namesWith({ ...first, disabled: true }).includes(first.name))
    assert.ok(!namesWith({ ...first, name: 'mine', disabled: true }).includes('mine'))
  })
})
