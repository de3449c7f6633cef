import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

const SEATS = [...'ABCD'].flatMap((row) => [1, 2, 3, 4, 5, 6].map((number) => row + number))
const SOLD = ['A3', 'B1', 'B6', 'C4', 'D2', 'D3']
const PRICES = {
  ...Object.fromEntries(SEATS.map((seat) => [seat, { A: 34, B: 26, C: 26, D: 18 }[seat[0]]])),
  ...{ B3: 34, B4: 34 },
}
const text = (element) => element.textContent.replace(/\s+/g, ' ').trim()

function page() {
  const { document } = openPage('index.html')
  const buttons = [...document.querySelectorAll('#seats button')]
  const names = buttons.map(text)
  const seat = (name) => buttons[names.indexOf(name)]
  return {
    document,
    buttons,
    names,
    seat,
    click: (...chosen) => chosen.forEach((name) => seat(name).click()),
    shows: () => ['#chosen', '#total', '#note'].map((selector) => text(document.querySelector(selector))),
  }
}

test('there are rows of seats with an aisle', () => {
  const { document, names } = page()
  const rows = [...document.querySelectorAll('#seats .row')]
  assert.deepEqual(names, SEATS)
  assert.equal(rows.length, 4)
  for (const row of rows) {
    const kinds = [...row.children].map((child) => (child.classList.contains('aisle') ? '|' : child.tagName[0]))
    assert.equal(kinds.join(''), 'BBB|BBB')
  }
})

test('sold seats are disabled', () => {
  const { buttons, names } = page()
  assert.deepEqual(names.filter((_, place) => buttons[place].disabled), SOLD)
})

test('prices go by colour', () => {
  const { buttons } = page()
  assert.deepEqual(buttons.map((button) => Number(button.getAttribute('data-price'))), Object.values(PRICES))
})

test('nothing is chosen at first', () => {
  const { buttons, shows } = page()
  assert.ok(buttons.length && buttons.every((button) => button.getAttribute('aria-pressed') === 'false'))
  assert.deepEqual(shows(), ['', '0 EUR', ''])
})

test('a click chooses a seat and another one gives it back', () => {
  const { seat, click, shows } = page()
  click('C2')
  assert.equal(seat('C2').getAttribute('aria-pressed'), 'true')
  assert.deepEqual(shows(), ['C2', '26 EUR', ''])
  click('C2')
  assert.equal(seat('C2').getAttribute('aria-pressed'), 'false')
  assert.deepEqual(shows(), ['', '0 EUR', ''])
})

test('chosen seats are listed by row and number', () => {
  const { click, shows } = page()
  click('D6', 'B4', 'A1')
  assert.deepEqual(shows(), ['A1, B4, D6', '86 EUR', ''])
})

test('sold seats cannot be chosen', () => {
  const { click, shows } = page()
  click('A4', ...SOLD)
  assert.deepEqual(shows(), ['A4', '34 EUR', ''])
})

test('there are never too many', () => {
  const { seat, click, shows } = page()
  click('A1', 'A2', 'C1', 'C2', 'D1', 'D4')
  assert.deepEqual(shows(), ['A1, A2, C1, C2, D1', '138 EUR', 'At most 5 seats'])
  assert.equal(seat('D4').getAttribute('aria-pressed'), 'false')
  click('A1')
  assert.deepEqual(shows(), ['A2, C1, C2, D1', '104 EUR', ''])
  click('D4')
  assert.deepEqual(shows(), ['A2, C1, C2, D1, D4', '122 EUR', ''])
})

test('many clicks agree with a model', () => {
  const { names, click, shows } = page()
  const chosen = new Set()
  for (let turn = 0, seed = 5; turn < 24; turn += 1) {
    seed = (seed * 29 + 17) % 97
    const name = names[seed % names.length]
    click(name)
    if (SOLD.includes(name)) continue
    if (chosen.has(name)) chosen.delete(name)
    else if (chosen.size < 5) chosen.add(name)
  }
  const listed = SEATS.filter((name) => chosen.has(name))
  const total = listed.reduce((sum, name) => sum + PRICES[name], 0)
  assert.ok(listed.length > 2)
  assert.deepEqual(shows().slice(0, 2), [listed.join(', '), `${total} EUR`])
})
