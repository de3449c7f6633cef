const assert = require('node:assert')
const test = require('node:test')
const candidate = require('candidate')
const { Box, twice } = require('../src/util.cjs')
const util = require('./src/util')

test('modules', () => {
  assert.strictEqual(twice(4), 8)
  assert.strictEqual(util.twice, twice)
  assert.strictEqual(new Box(3).value, 3)
  assert.strictEqual(candidate.read('main.js').length > 0, true)
})
