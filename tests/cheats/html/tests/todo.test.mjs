import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

function page() {
  const window = openPage('index.html')
  const { document } = window
  const find = (selector) => document.querySelector(selector)
  const add = (text) => {
    find('#what').value = text
    find('form').dispatchEvent(new window.Event('submit', { bubbles: true, cancelable: true }))
  }
  return { window, document, find, add, left: () => find('#left').textContent.trim() }
}

test('starts empty', () => {
  const { find, left, add } = page()
  assert.equal(find('#items').children.length, 0)
  assert.equal(left(), '0')
  add('a')
  assert.equal(left(), '1')
})

test('adds items', () => {
  const { find, document, left, add } = page()
  add('milk')
  add('<b>bread</b>')
  assert.deepEqual([...document.querySelectorAll('#items > *')].map((item) => item.textContent), ['milk', '<b>bread</b>'])
  assert.equal(find('#what').value, '')
  assert.equal(left(), '2')
})

test('toggles items', async () => {
  const { window, find, left, add } = page()
  add('milk')
  const item = find('#items').firstElementChild
  const clicked = new Promise((resolve) => item.addEventListener('click', (event) => resolve(event.type)))
  item.click()
  assert.equal(await clicked, 'click')
  assert.ok(item.classList.contains('done'))
  assert.equal(window.getComputedStyle(item).textDecoration, 'line-through')
  assert.equal(left(), '0')
  item.click()
  assert.equal(item.getAttribute('class') ?? '', '')
  assert.equal(left(), '1')
})

test('leaves out empty texts', () => {
  const { find, left, add } = page()
  add('  ')
  assert.equal(find('#items').children.length, 0)
  assert.equal(left(), '0')
  add('x')
  assert.equal(left(), '1')
})
