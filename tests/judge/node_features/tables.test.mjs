import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

test('tables are as in a browser', () => {
  const { document } = openPage('tables.html')
  const body = document.querySelector('#body')
  assert.equal(body.rows.length, 4)
  assert.deepEqual([...body.rows].map((row) => row.textContent), ['', '1', '1.5', '3two'])
  assert.equal(document.title, 'SyntaxError')
})
