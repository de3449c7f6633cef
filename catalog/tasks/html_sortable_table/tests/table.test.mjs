import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

const LOT = 0
const PRICE = 1
const LEFT = 2
const NAMES = ['Lot', 'Price', 'Time left']

// A row is [lot, price, time left]; one more item makes it fixed.
const cellsHtml = ([lot, price, left]) => `<td>${lot}</td><td>${price}</td><td>${left}</td><td></td>`
const rowHtml = (row) => `<tr${row[3] ? ' data-fixed' : ''}>${cellsHtml(row)}</tr>`

function open(rows) {
  const window = openPage('index.html')
  const { document } = window
  const body = document.querySelector('#lots tbody')
  const headers = [...document.querySelectorAll('#lots th')]
  const page = {
    document,
    body,
    headers,
    press(column, shiftKey = false) {
      const button = headers[column].querySelector('button')
      button.dispatchEvent(new window.MouseEvent('click', { bubbles: true, cancelable: true, shiftKey }))
      return page
    },
    shift: (column) => page.press(column, true),
    add(row, where = 'append') {
      const element = document.createElement('tr')
      element.innerHTML = cellsHtml(row)
      body[where](element)
    },
    replace(...all) {
      body.innerHTML = all.map(rowHtml).join('')
    },
    column(index) {
      return [...document.querySelectorAll(`#lots tbody td:nth-child(${index + 1})`)].map((cell) => cell.textContent)
    },
    lots: () => page.column(LOT).join(' '),
    order: () => document.querySelector('#order').textContent,
    sorts: () => headers.map((header) => header.getAttribute('aria-sort')),
    numbers: () => headers.map((header) => header.getAttribute('data-order')),
  }
  if (rows) page.replace(...rows)
  return page
}

test('sorts by a column in both directions and back', () => {
  const page = open()
  page.press(LOT)
  assert.equal(page.lots(), 'atlas Bench Lamp Clock Easel')
  assert.equal(page.order(), 'Sorted by Lot, ascending')
  page.press(LOT)
  assert.equal(page.lots(), 'Easel Clock Lamp Bench atlas')
  assert.equal(page.order(), 'Sorted by Lot, descending')
  page.press(LOT)
  assert.equal(page.lots(), 'Clock atlas Lamp Bench Easel')
  assert.equal(page.order(), 'Original order')
  page.press(LOT)
  assert.equal(page.lots(), 'atlas Bench Lamp Clock Easel')
})

test('starts again with another column', () => {
  const page = open()
  page.press(LOT).press(LOT).press(PRICE)
  assert.equal(page.order(), 'Sorted by Price, ascending')
  assert.equal(page.lots(), 'atlas Easel Lamp Clock Bench')
  page.press(LOT)
  assert.equal(page.order(), 'Sorted by Lot, ascending')
  page.shift(PRICE).press(LOT)
  assert.equal(page.order(), 'Sorted by Lot, ascending')
  page.press(LOT).shift(LEFT).press(LOT)
  assert.equal(page.order(), 'Sorted by Lot, ascending')
  assert.equal(page.lots(), 'atlas Bench Lamp Clock Easel')
})

test('adds keys with the shift key', () => {
  const page = open([['d', 2, '1:00'], ['a', 1, '3:00'], ['c', 2, '2:00'], ['b', 1, '1:00'], ['e', 2, '1:00']])
  page.shift(PRICE)
  assert.equal(page.order(), 'Sorted by Price, ascending')
  assert.equal(page.lots(), 'a b d c e')
  page.shift(LEFT)
  assert.equal(page.order(), 'Sorted by Price, ascending, then by Time left, ascending')
  assert.equal(page.lots(), 'b a d e c')
  page.shift(LOT)
  assert.equal(page.order(), 'Sorted by Price, ascending, then by Time left, ascending, then by Lot, ascending')
  page.shift(PRICE)
  assert.equal(page.order(), 'Sorted by Price, descending, then by Time left, ascending, then by Lot, ascending')
  assert.equal(page.lots(), 'd e c b a')
  page.shift(LOT)
  assert.equal(page.lots(), 'e d c b a')
})

test('removes keys with the shift key', () => {
  const page = open([['b', 2, '1:00'], ['a', 1, '3:00'], ['c', 3, '2:00']])
  page.press(PRICE).shift(LOT).shift(PRICE).shift(PRICE)
  assert.equal(page.order(), 'Sorted by Lot, ascending')
  assert.equal(page.lots(), 'a b c')
  page.shift(PRICE)
  assert.equal(page.order(), 'Sorted by Lot, ascending, then by Price, ascending')
  page.shift(LOT).shift(LOT).shift(PRICE)
  assert.equal(page.order(), 'Sorted by Price, descending')
  page.shift(PRICE)
  assert.equal(page.order(), 'Original order')
  assert.equal(page.lots(), 'b a c')
})

test('compares texts', () => {
  const page = open(['Zoo', 'ábc', 'zebra', '10', '9', ' Apple ', 'ZOO'].map((lot) => [lot, 1, '']))
  page.press(LOT)
  assert.deepEqual(page.column(LOT), ['10', '9', ' Apple ', 'zebra', 'Zoo', 'ZOO', 'ábc'])
  page.press(LOT)
  assert.deepEqual(page.column(LOT), ['ábc', 'Zoo', 'ZOO', 'zebra', ' Apple ', '9', '10'])
})

test('compares numbers', () => {
  const plain = ['1,250.5', '-3', '12%', ' 7 ', '-3.5', '1,000,000', '0', '0012.5', '1,2,3']
  const page = open(plain.map((price) => ['x', price, '']))
  page.press(PRICE)
  assert.deepEqual(page.column(PRICE), ['-3.5', '-3', '0', ' 7 ', '12%', '0012.5', '1,2,3', '1,250.5', '1,000,000'])
  const odd = ['5', '.5', '1.', '1e3', '+4', '4 %', '- 1', '1.5.2', ',5', '0x10', '3']
  const strange = open(odd.map((price) => ['x', price, '']))
  strange.press(PRICE)
  assert.deepEqual(strange.column(PRICE), ['3', '5', '.5', '1.', '1e3', '+4', '4 %', '- 1', '1.5.2', ',5', '0x10'])
})

test('compares durations', () => {
  const page = open(['10:00', '2:05', '1200:00', '0:59', '100:00', '02:04', ' 1:00 '].map((left) => ['x', 1, left]))
  page.press(LEFT)
  assert.deepEqual(page.column(LEFT), ['0:59', ' 1:00 ', '02:04', '2:05', '10:00', '100:00', '1200:00'])
  const odd = ['9:00', ':30', '5', '1:5', '1:005', '-1:00', '1:00:00', '1:60', '1:99', '0:01']
  const strange = open(odd.map((left) => ['x', 1, left]))
  strange.press(LEFT)
  assert.deepEqual(strange.column(LEFT), ['0:01', '9:00', ...odd.slice(1, -1)])
})

test('puts rows without a value last', () => {
  const [a, b, c, d] = [['a', '', '1:00'], ['b', '–', 'soon'], ['c', 'sold', ''], ['d', 9, '2:00']]
  const page = open([a, ['', 5, '–'], b, ['–', 3, '0:10'], c, d])
  page.press(PRICE)
  assert.deepEqual(page.column(PRICE), ['3', '5', '9', '', '–', 'sold'])
  page.press(PRICE)
  assert.deepEqual(page.column(PRICE), ['9', '5', '3', '', '–', 'sold'])
  page.press(LEFT).press(LEFT)
  assert.deepEqual(page.column(LEFT), ['2:00', '1:00', '0:10', '–', 'soon', ''])
  page.press(LOT)
  assert.deepEqual(page.column(LOT), ['a', 'b', 'c', 'd', '', '–'])
  page.press(LOT)
  assert.deepEqual(page.column(LOT), ['d', 'c', 'b', 'a', '', '–'])
  page.press(PRICE).shift(LOT).shift(LOT)
  assert.deepEqual(page.column(LOT), ['–', '', 'd', 'c', 'b', 'a'])
})

test('keeps the original order of equal rows', () => {
  const page = open([['a', 1, '2:00'], ['b', 1, '1:00'], ['c', 2, '1:00'], ['d', 1, '2:00'], ['e', 2, '1:00']])
  page.press(LEFT).press(PRICE)
  assert.equal(page.lots(), 'a b d c e')
  page.press(PRICE)
  assert.equal(page.lots(), 'c e a b d')
  page.shift(LEFT).shift(LEFT)
  assert.equal(page.lots(), 'c e a d b')
})

test('never moves fixed rows', () => {
  const page = open([['z', 9, '', 1], ['c', 1, ''], ['b', 2, ''], ['y', 0, '', 1], ['a', 3, ''], ['x', 5, '', 1]])
  page.press(LOT)
  assert.equal(page.lots(), 'z a b y c x')
  page.press(PRICE)
  assert.equal(page.lots(), 'z c b y a x')
  page.press(PRICE)
  assert.equal(page.lots(), 'z a b y c x')
  page.body.lastElementChild.removeAttribute('data-fixed')
  page.press(LOT)
  assert.equal(page.lots(), 'z a b y c x')
  page.press(LOT)
  assert.equal(page.lots(), 'z x c y b a')
  page.body.firstElementChild.remove()
  page.press(LOT)
  assert.equal(page.lots(), 'c b y a x')
})

test('takes in new rows and texts', () => {
  const page = open([['b', 2, ''], ['d', 4, ''], ['c', 3, '']])
  page.press(LOT)
  assert.equal(page.lots(), 'b c d')
  page.add(['a', 1, ''])
  page.add(['e', 2, ''])
  page.press(LOT)
  assert.equal(page.lots(), 'e d c b a')
  page.press(LOT)
  assert.equal(page.lots(), 'b d c a e')
  page.body.querySelector('td').textContent = 'z'
  page.press(LOT)
  assert.equal(page.lots(), 'a c d e z')
  page.add(['new', 4, ''], 'prepend')
  page.body.lastElementChild.remove()
  page.press(LOT).press(LOT)
  assert.equal(page.lots(), 'd c a e new')

  const loaded = open()
  loaded.add(['first', 80.5, ''], 'prepend')
  loaded.press(PRICE)
  assert.equal(loaded.lots(), 'atlas Easel first Lamp Clock Bench')
})

test('marks header cells', () => {
  const page = open()
  page.press(PRICE)
  assert.deepEqual(page.sorts(), [null, 'ascending', null, null])
  assert.deepEqual(page.numbers(), [null, null, null, null])
  page.shift(LOT).shift(LOT)
  assert.deepEqual(page.sorts(), [null, 'ascending', null, null])
  assert.deepEqual(page.numbers(), ['2', '1', null, null])
  page.shift(LEFT).shift(PRICE)
  assert.deepEqual(page.sorts(), [null, 'descending', null, null])
  assert.deepEqual(page.numbers(), ['2', '1', '3', null])
  page.shift(PRICE)
  assert.deepEqual(page.sorts(), ['descending', null, null, null])
  assert.deepEqual(page.numbers(), ['1', null, '2', null])
  page.press(LEFT)
  assert.deepEqual(page.sorts(), [null, null, 'ascending', null])
  assert.deepEqual(page.numbers(), [null, null, null, null])
  page.press(LEFT).press(LEFT)
  assert.deepEqual(page.sorts(), [null, null, null, null])
})

test('moves the elements themselves', () => {
  const page = open()
  const rows = [...page.body.children]
  rows.forEach((row, index) => {
    row.id = `row-${index}`
    row.marked = index
  })
  page.press(LOT)
  const moved = [...page.body.children]
  assert.deepEqual(moved.map((row) => row.id), ['row-1', 'row-3', 'row-2', 'row-0', 'row-4'])
  assert.deepEqual(moved.map((row) => row.marked), [1, 3, 2, 0, 4])
  assert.equal(rows[0].querySelector('td').textContent, 'Clock')
})

function generator(seed) {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) % limit
  }
}

// Ranks instead of values: the index of the text, and one rank for all that have none.
const TEXTS = [['ant', 'Bee', 'cat', '–'], ['-1', '5%', '1,000', 'none'], ['0:30', '9:00', '10:00', '']]

function sorted(rows, keys) {
  const weight = (row, { column, descending }) => (row[column] === 3 ? 99 : descending ? -row[column] : row[column])
  const result = []
  const movable = rows.filter((row) => !row.fixed)
  while (movable.length > 0) {
    let best = 0
    for (let at = 1; at < movable.length; at += 1) {
      const key = keys.find((each) => weight(movable[at], each) !== weight(movable[best], each))
      const weigh = key ? (row) => weight(row, key) : (row) => row.number
      if (weigh(movable[at]) < weigh(movable[best])) best = at
    }
    result.push(...movable.splice(best, 1))
  }
  rows.forEach((row, index) => row.fixed && result.splice(index, 0, row))
  return result
}

test('agrees with a plain model', () => {
  const below = generator(77)
  for (let round = 0; round < 3; round += 1) {
    let rows = Array.from({ length: 14 }, (_, number) => ({
      number, 0: below(4), 1: below(4), 2: below(4), fixed: below(5) === 0,
    }))
    const texts = (row) => [0, 1, 2].map((column) => TEXTS[column][row[column]])
    const page = open(rows.map((row) => [...texts(row), row.fixed]))
    let keys = []
    for (let step = 0; step < 16; step += 1) {
      const column = below(3)
      const shift = below(3) > 0
      const known = keys.find((key) => key.column === column)
      if (!shift && !(known && keys.length === 1)) keys = [{ column, descending: false }]
      else if (!known) keys = [...keys, { column, descending: false }]
      else if (known.descending) keys = keys.filter((key) => key !== known)
      else known.descending = true
      page.press(column, shift)
      rows = sorted(rows, keys)
      const cells = [...page.document.querySelectorAll('#lots tbody td')].map((cell) => cell.textContent)
      assert.deepEqual(cells, rows.flatMap((row) => [...texts(row), '']), `round ${round}, step ${step}`)
      const words = keys.map((key) => `${NAMES[key.column]}, ${key.descending ? 'de' : 'a'}scending`)
      assert.equal(page.order(), keys.length ? `Sorted by ${words.join(', then by ')}` : 'Original order')
    }
  }
})
