import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

test('counts', () => {
  const { document } = openPage('index.html')
  const button = document.querySelector('button')
  for (let count = 1; count <= 3; count++) {
    button.click()
    assert.equal(button.textContent, String(count))
  }
})

test('resets', () => {
  const { document } = openPage('index.html')
  const button = document.querySelector('button')
  button.click()
  assert.equal(button.textContent, '1')
  document.querySelector('#reset').click()
  assert.equal(button.textContent, '0')
})
