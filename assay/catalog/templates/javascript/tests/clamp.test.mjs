import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clamp } from '../clamp.mjs'

test('within', () => {
  assert.equal(clamp(5, 1, 9), 5)
  assert.equal(clamp(-2.5, -3, 0), -2.5)
})
test('beyond', () => {
  assert.equal(clamp(0, 1, 9), 1)
  assert.equal(clamp(10, 1, 9), 9)
})
test('refused', () => {
  assert.throws(() => clamp(5, 9, 1), RangeError)
  assert.equal(clamp(5, 7, 7), 7)
})
