import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

const LIMITS = { Todo: 4, Doing: 2, Review: 1, Done: Infinity }
const NAMES = Object.keys(LIMITS)
const START = { Todo: ['New fonts'], Doing: ['Fix search', 'Mail text'], Review: [], Done: ['Imprint'] }
const text = (element) => element.textContent.replace(/\s+/g, ' ').trim()

function page() {
  const { document } = openPage('index.html')
  const columns = () => [...document.querySelectorAll('.column')]
  const cards = () => [...document.querySelectorAll('.card')]
  return {
    document,
    columns,
    next: (title) => cards().find((card) => text(card.querySelector('.title')) === title).querySelector('.next'),
    names: () => columns().map((column) => column.dataset.name),
    titles: () => columns().map((column) => [...column.querySelectorAll('.card .title')].map(text)),
    counts: () => columns().map((column) => text(column.querySelector('.count'))),
    full: () => columns().map((column) => column.classList.contains('full')),
  }
}

test('the columns are those of the sketch', () => {
  const { columns, names } = page()
  assert.deepEqual(names(), NAMES)
  assert.deepEqual(columns().map((column) => text(column.querySelector('h2'))), NAMES)
})

test('limits are those of the sketch', () => {
  const { columns } = page()
  assert.deepEqual(columns().map((column) => column.getAttribute('data-limit')), ['4', '2', '1', null])
})

test('cards are where the sketch has them', () => {
  assert.deepEqual(page().titles(), Object.values(START))
})

test('counts have the limit, if there is one', () => {
  assert.deepEqual(page().counts(), ['1/4', '2/2', '0/1', '1'])
})

test('columns at their limit are marked', () => {
  const { full, next } = page()
  assert.deepEqual(full(), [false, true, false, false])
  next('Mail text').click()
  assert.deepEqual(full(), [false, false, true, false])
})

test('a card moves to the end of the next column', () => {
  const { next, titles, counts } = page()
  next('Fix search').click()
  next('New fonts').click()
  assert.deepEqual(titles(), [[], ['Mail text', 'New fonts'], ['Fix search'], ['Imprint']])
  next('Fix search').click()
  assert.deepEqual(titles(), [[], ['Mail text', 'New fonts'], [], ['Imprint', 'Fix search']])
  assert.deepEqual(counts(), ['0/4', '2/2', '0/1', '2'])
})

test('nothing moves into a full column', () => {
  const { next, titles } = page()
  next('New fonts').click()
  assert.deepEqual(titles(), Object.values(START))
  next('Mail text').click()
  next('Fix search').click()
  assert.deepEqual(titles(), [['New fonts'], ['Fix search'], ['Mail text'], ['Imprint']])
})

test('cards of the last column stay', () => {
  const { next } = page()
  const titles = ['New fonts', 'Fix search', 'Mail text', 'Imprint']
  assert.deepEqual(titles.map((title) => next(title).disabled), [false, false, false, true])
  next('Fix search').click()
  assert.equal(next('Fix search').disabled, false)
  next('Fix search').click()
  assert.equal(next('Fix search').disabled, true)
})

test('many clicks agree with a model', () => {
  const { next, titles, counts, full } = page()
  const cards = Object.values(START).flat()
  const place = Object.fromEntries(NAMES.flatMap((name, column) => START[name].map((title) => [title, column])))
  const order = NAMES.map((name) => [...START[name]])
  for (let turn = 0, seed = 7; turn < 14; turn += 1) {
    seed = (seed * 37 + 11) % 101
    const title = cards[seed % cards.length]
    const from = place[title]
    if (from < 3) next(title).click()
    if (from < 3 && order[from + 1].length < Object.values(LIMITS)[from + 1]) {
      order[from] = order[from].filter((each) => each !== title)
      order[from + 1].push(title)
      place[title] = from + 1
    }
  }
  assert.deepEqual(titles(), order)
  assert.deepEqual(
    counts(),
    order.map((each, column) => (column < 3 ? `${each.length}/${Object.values(LIMITS)[column]}` : `${each.length}`)),
  )
  assert.deepEqual(full(), order.map((each, column) => each.length === Object.values(LIMITS)[column]))
})
