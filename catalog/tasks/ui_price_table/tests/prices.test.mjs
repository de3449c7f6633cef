import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

const text = (element) => element.textContent.replace(/\s+/g, ' ').trim()

function page() {
  const { document } = openPage('index.html')
  const rows = [...document.querySelectorAll('#prices tr')]
  const head = [...rows[0].children].slice(1)
  return {
    document,
    head,
    heads: head.map((cell) => text(cell).split(' ')[0]),
    body: rows.slice(1).map((row) => [...row.children].map(text)),
  }
}

/** The cells below a heading, by the name of their row. */
function plan({ heads, body }, name) {
  const column = heads.indexOf(name) + 1
  return Object.fromEntries(body.map((cells) => [cells[0], cells[column]]))
}

test('the columns are in the new order', () => {
  assert.deepEqual(page().heads, ['Solo', 'Team', 'Firm'])
})

test('cells move with their columns', () => {
  const found = page()
  assert.deepEqual(found.body.find((cells) => cells[0] === 'Projects'), ['Projects', '3', '20', '200'])
  assert.deepEqual(found.body.find((cells) => cells[0] === 'Storage'), ['Storage', '5 GB', '50 GB', '900 GB'])
})

test('a row is gone and one is new', () => {
  assert.deepEqual(page().body.map((cells) => cells[0]), ['Price', 'Projects', 'Storage', 'Trial'])
})

test('one plan has a badge', () => {
  const { document, head } = page()
  const badges = [...document.querySelectorAll('.badge')]
  assert.deepEqual(badges.map(text), ['Popular'])
  assert.deepEqual(head.map((cell) => cell.querySelectorAll('.badge').length), [0, 0, 1])
  assert.equal(text(head[2]), 'Firm Popular')
})

test('one price is new', () => {
  const found = page()
  assert.deepEqual(['Solo', 'Team', 'Firm'].map((name) => plan(found, name).Price), ['9 EUR', '19 EUR', '49 EUR'])
})

test('the new row has its values', () => {
  const found = page()
  assert.deepEqual(['Solo', 'Team', 'Firm'].map((name) => plan(found, name).Trial), ['14 days', '30 days', '60 days'])
})

test('the rest of the page stays', () => {
  const { document, body } = page()
  assert.equal(text(document.querySelector('h1')), 'Prices')
  assert.equal(document.querySelectorAll('table').length, 1)
  assert.ok([...document.querySelectorAll('#prices tbody tr')].every((row) => row.children[0].tagName === 'TH'))
  assert.equal(document.querySelectorAll('#prices td').length, 13)
  assert.equal(document.querySelectorAll('#prices tbody td').length, 12)
  assert.deepEqual(body.at(-1), ['Trial', '14 days', '30 days', '60 days'])
})
