import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

function open(data) {
  const window = openPage('index.html')
  const { document } = window
  const byId = (id) => document.getElementById(id)
  const change = (element) => element.dispatchEvent(new window.Event('change', { bubbles: true }))
  const rects = () => [...byId('map').children]
  const page = {
    document,
    byId,
    rects,
    load(text) {
      byId('data').textContent = typeof text === 'string' ? text : JSON.stringify(text)
      change(byId('data'))
      return page
    },
    scale(value) {
      byId('scale').value = value
      change(byId('scale'))
      return page
    },
    read: (name) => rects().map((rect) => rect.getAttribute(name)),
    classes: () => page.read('data-class').map((text) => (text === null ? null : Number(text))),
    // The indices of the cells that can be reached, and of the current ones.
    reached: () => page.read('tabindex').flatMap((text, index) => (text === null ? [] : [index])),
    current: () => page.read('tabindex').flatMap((text, index) => (text === '0' ? [index] : [])),
    hidden: () => page.read('aria-hidden').flatMap((text, index) => (text === 'true' ? [index] : [])),
    buttons: () => [...byId('legend').querySelectorAll('button')],
    legend: () => page.buttons().map((button) => button.textContent),
    pressed: () => page.buttons().map((button) => button.getAttribute('aria-pressed')),
    toggle(index) {
      page.buttons()[index].click()
      return page
    },
    focus: (index) => rects()[index].focus(),
    focused: () => document.activeElement.getAttribute('aria-label'),
    // Presses a key where the focus is, and returns the label of the cell that has it then.
    press(key, ctrlKey = false) {
      const event = new window.KeyboardEvent('keydown', { key, ctrlKey, bubbles: true, cancelable: true })
      document.activeElement.dispatchEvent(event)
      page.prevented = event.defaultPrevented
      return page.focused()
    },
    detail: () => byId('detail').textContent,
    error: () => byId('error').textContent,
  }
  return data ? page.load(data) : page
}

const letters = (text, count) => Array.from({ length: count }, (_, index) => `${text}${index}`)
const grid = (values, steps = 3, unit = 'm') => ({
  rows: letters('r', values.length), columns: letters('c', values[0].length), unit, steps, values,
})

test('draws the data of the page', () => {
  const page = open()
  assert.equal(page.rects().length, 12)
  assert.deepEqual(page.classes(), [0, 1, 2, 0, 0, null, 2, 0, null, 1, 2, 0])
  assert.deepEqual(page.read('aria-label').slice(4, 7), ['Tue, 08: 5 °C', 'Tue, 12: no data', 'Tue, 16: 13 °C'])
  assert.deepEqual(page.read('x'), ['0', '24', '48', '72', '0', '24', '48', '72', '0', '24', '48', '72'])
  assert.deepEqual(page.read('y').slice(3, 9), ['0', '24', '24', '24', '24', '48'])
  assert.deepEqual([...new Set([...page.read('width'), ...page.read('height')])], ['22'])
  assert.deepEqual([...new Set(page.rects().map((rect) => rect.namespaceURI))], ['http://www.w3.org/2000/svg'])
  assert.equal(page.rects()[0].localName, 'rect')
  page.load(page.byId('data').textContent.replace('"08"', '"07"').replace('4.5', '14.5'))
  assert.deepEqual(page.classes(), [2, 1, 2, 0, 0, null, 2, 0, null, 1, 2, 0])
  assert.equal(page.read('aria-label')[0], 'Mon, 07: 14.5 °C')
})

test('draws new data', () => {
  const page = open(grid([[1, null], [-2.5, 0.1 + 0.2], [7, 1e21]], 2, 'k/m'))
  assert.deepEqual(page.read('aria-label'), [
    'r0, c0: 1 k/m', 'r0, c1: no data', 'r1, c0: -2.5 k/m', 'r1, c1: 0.30000000000000004 k/m', 'r2, c0: 7 k/m',
    'r2, c1: 1e+21 k/m',
  ])
  assert.equal(page.read('data-class')[1], null)
  assert.equal(page.read('fill')[1], 'none')
  page.load({ ...grid([[null, null, 5]]), note: 'more', rows: ['<b>A&B</b>'] })
  const name = '<b>A&B</b>'
  assert.deepEqual(page.read('aria-label'), [`${name}, c0: no data`, `${name}, c1: no data`, `${name}, c2: 5 m`])
  assert.deepEqual(page.read('x'), ['0', '24', '48'])
  assert.equal(page.legend().length, 1)
})

test('classifies by equal parts', () => {
  const page = open(grid([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], 5))
  assert.deepEqual(page.classes(), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4])
  page.load(grid([[-3, null, 9, 3, 2.9]], 2))
  assert.deepEqual(page.classes(), [0, null, 1, 1, 0])
  page.load(grid([[6, 6, null]], 4))
  assert.deepEqual(page.classes(), [0, 0, null])
  page.load(grid([[1, 100, 2]], 1))
  assert.deepEqual(page.classes(), [0, 0, 0])
})

test('classifies by quantiles', () => {
  const page = open(grid([[1, 2, 3, 4, 5, 1000]], 3)).scale('quantile')
  assert.deepEqual(page.classes(), [0, 0, 1, 1, 2, 2])
  page.load(grid([[5, 5, 5, 9, null, 1]], 4))
  assert.deepEqual(page.classes(), [0, 0, 0, 3, null, 0])
  page.load(grid([[4, 4, 4, 4, 1]], 3))
  assert.deepEqual(page.classes(), [0, 0, 0, 0, 0])
  page.load(grid([[2, 2, 2], [1, null, 1]], 9))
  assert.deepEqual(page.classes(), [3, 3, 3, 0, null, 0])
  page.scale('equal')
  assert.deepEqual(page.classes(), [8, 8, 8, 0, null, 0])
})

test('mixes colors', () => {
  const page = open(grid([[0, 1, 2]], 3))
  assert.deepEqual(page.read('fill'), ['#ffe0c0', '#c08060', '#802000'])
  page.load(grid([[0, 1, 2, 3, 4, null]], 5))
  assert.deepEqual(page.read('fill'), ['#ffe0c0', '#dfb090', '#c08060', '#a05030', '#802000', 'none'])
  page.load(grid([[3, 8]], 1))
  assert.deepEqual(page.read('fill'), ['#ffe0c0', '#ffe0c0'])
  page.load(grid([[0, 8, 1]], 9))
  assert.deepEqual(page.read('fill'), ['#ffe0c0', '#802000', '#efc8a8'])
})

test('lists the classes in the legend', () => {
  const page = open()
  assert.deepEqual(page.legend(), ['4.5 – 7 °C (5)', '10 – 11 °C (2)', '12 – 14.5 °C (3)'])
  assert.deepEqual(page.pressed(), ['true', 'true', 'true'])
  page.load(grid([[9, 0, 9, 1, null]], 9))
  assert.deepEqual(page.legend(), ['0 m (1)', '1 m (1)', '9 m (2)'])
  page.load(grid([[30, -5, 10, -5]], 2, '%'))
  assert.deepEqual(page.legend(), ['-5 – 10 % (3)', '30 % (1)'])
  page.scale('quantile')
  assert.deepEqual(page.legend(), ['-5 % (2)', '10 – 30 % (2)'])
  page.load(grid([[null]]))
  assert.deepEqual(page.legend(), [])
})

test('turns classes off and on', () => {
  const page = open()
  page.toggle(1)
  assert.deepEqual(page.pressed(), ['true', 'false', 'true'])
  assert.deepEqual(page.hidden(), [1, 9])
  assert.deepEqual(page.reached(), [0, 2, 3, 4, 6, 7, 10, 11])
  page.toggle(2)
  assert.deepEqual(page.hidden(), [1, 2, 6, 9, 10])
  page.toggle(1)
  assert.deepEqual(page.pressed(), ['true', 'true', 'false'])
  assert.deepEqual(page.hidden(), [2, 6, 10])
  assert.equal(page.read('aria-hidden')[0], null)
  assert.deepEqual(page.classes().slice(0, 3), [0, 1, 2])
  page.scale('quantile')
  assert.deepEqual(page.hidden(), [])
  assert.deepEqual(page.pressed(), ['true', 'true', 'true'])
})

test('has one current cell', () => {
  const page = open(grid([[null, 1, 5], [9, 2, null]]))
  assert.deepEqual(page.current(), [1])
  assert.deepEqual(page.read('tabindex'), [null, '0', '-1', '-1', '-1', null])
  page.focus(4)
  assert.deepEqual(page.read('tabindex'), [null, '-1', '-1', '-1', '0', null])
  page.toggle(0)
  assert.deepEqual(page.read('tabindex'), [null, null, '0', '-1', null, null])
  page.toggle(0)
  assert.deepEqual(page.current(), [2])
  page.toggle(0).toggle(1).toggle(2)
  assert.deepEqual(page.reached(), [])
  page.toggle(2)
  assert.deepEqual(page.current(), [3])
  page.toggle(1).toggle(0)
  assert.deepEqual(page.current(), [3])
})

test('moves the focus with arrows', () => {
  const page = open(grid([[1, null, 2, 9], [3, 4, 5, null], [null, 6, 1, 8]], 2))
  page.focus(0)
  assert.equal(page.press('ArrowRight'), 'r0, c2: 2 m')
  assert.equal(page.prevented, true)
  assert.equal(page.press('ArrowRight'), 'r0, c3: 9 m')
  assert.equal(page.press('ArrowDown'), 'r2, c3: 8 m')
  assert.equal(page.press('ArrowDown'), 'r2, c3: 8 m')
  assert.equal(page.prevented, true)
  assert.equal(page.press('ArrowLeft'), 'r2, c2: 1 m')
  assert.equal(page.press('ArrowLeft'), 'r2, c1: 6 m')
  assert.equal(page.press('ArrowLeft'), 'r2, c1: 6 m')
  assert.equal(page.press('ArrowUp'), 'r1, c1: 4 m')
  assert.equal(page.press('ArrowUp'), 'r1, c1: 4 m')
  assert.deepEqual(page.current(), [5])
  page.toggle(1)
  page.focus(2)
  assert.equal(page.press('ArrowDown'), 'r2, c2: 1 m')
  for (const key of ['ArrowRight', 'ArrowLeft', 'ArrowDown']) assert.equal(page.press(key), 'r2, c2: 1 m')
  assert.equal(page.press('ArrowUp'), 'r0, c2: 2 m')
  assert.equal(page.press('x'), 'r0, c2: 2 m')
  assert.equal(page.prevented, false)
  assert.equal(page.press('Tab'), 'r0, c2: 2 m')
  assert.equal(page.prevented, false)
})

test('moves the focus with Home and End', () => {
  const page = open(grid([[null, 8, 1, 2], [3, 3, 4, null], [9, 5, null, 1], [null, null, null, null]], 2))
  page.focus(5)
  assert.equal(page.press('End'), 'r1, c2: 4 m')
  assert.equal(page.prevented, true)
  assert.equal(page.press('End'), 'r1, c2: 4 m')
  assert.equal(page.prevented, true)
  assert.equal(page.press('Home'), 'r1, c0: 3 m')
  assert.equal(page.press('End', true), 'r2, c3: 1 m')
  assert.equal(page.press('Home', true), 'r0, c1: 8 m')
  page.toggle(1)
  page.focus(4)
  assert.equal(page.press('Home', true), 'r0, c2: 1 m')
  assert.equal(page.press('End', true), 'r2, c3: 1 m')
  assert.equal(page.press('Home'), 'r2, c3: 1 m')
})

test('tells about the focused cell', () => {
  const page = open()
  assert.equal(page.detail(), '')
  page.focus(3)
  assert.equal(page.detail(), 'Mon, 20: 7 °C')
  page.press('ArrowDown')
  assert.equal(page.detail(), 'Tue, 20: 7 °C')
  page.toggle(0)
  assert.equal(page.detail(), 'Tue, 20: 7 °C')
  page.focus(6)
  assert.equal(page.detail(), 'Tue, 16: 13 °C')
})

test('keeps the current cell when the scale changes', () => {
  const page = open()
  page.focus(6)
  page.toggle(0).scale('quantile')
  assert.deepEqual(page.classes(), [0, 1, 2, 0, 0, null, 2, 0, null, 1, 2, 0])
  assert.deepEqual(page.current(), [6])
  assert.equal(page.detail(), 'Tue, 16: 13 °C')
  assert.deepEqual(page.reached(), [0, 1, 2, 3, 4, 6, 7, 9, 10, 11])
  page.toggle(2)
  assert.deepEqual(page.current(), [0])
  page.scale('equal')
  assert.deepEqual(page.current(), [0])
  page.toggle(0)
  assert.deepEqual(page.current(), [1])
  page.scale('quantile')
  assert.deepEqual(page.current(), [1])
  assert.deepEqual(page.hidden(), [])
})

test('starts anew with new data', () => {
  const page = open()
  page.focus(6)
  page.toggle(2)
  page.load(grid([[null, 1], [2, 3]], 3))
  assert.deepEqual(page.current(), [1])
  assert.equal(page.detail(), '')
  assert.deepEqual(page.pressed(), ['true', 'true', 'true'])
  assert.deepEqual(page.hidden(), [])
  page.focus(3)
  page.toggle(0)
  page.load(grid([[4, 1], [2, 3]], 3))
  assert.deepEqual(page.current(), [0])
  assert.equal(page.detail(), '')
  assert.deepEqual(page.reached(), [0, 1, 2, 3])
})

test('refuses data that cannot be read', () => {
  const page = open()
  const good = grid([[1, 2], [3, null]])
  const refused = [
    '', '{', 'null', '7', '[]', '{}', { ...good, steps: 0 }, { ...good, steps: 10 }, { ...good, steps: 2.5 },
    { ...good, steps: '3' }, { ...good, unit: 3 }, { ...good, rows: ['a'] }, { ...good, columns: ['a', 'b', 'c'] },
    { ...good, rows: ['a', 3] }, { ...good, columns: 'ab' }, { ...good, values: [[1, 2], [3]] },
    { ...good, values: [[1, 2], [3, '4']] }, { ...good, values: [[1, 2], null] }, { ...good, values: null },
    { ...good, rows: [], values: [] }, { ...good, columns: [], values: [[], []] },
    JSON.stringify(good).replace('3,null', '1e999,null'), { ...good, values: [[1, 2], [3, true]] },
  ]
  for (const text of refused) {
    page.load(good)
    page.focus(0)
    assert.equal(page.error(), '')
    assert.equal(page.detail(), 'r0, c0: 1 m')
    page.load(text)
    assert.equal(page.error(), 'The data cannot be read', JSON.stringify(text))
    assert.deepEqual([page.rects().length, page.buttons().length, page.detail()], [0, 0, ''])
  }
  page.scale('quantile')
  assert.equal(page.rects().length, 0)
  page.load(good)
  assert.deepEqual(page.classes(), [0, 1, 2, null])
})

function generator(seed) {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) % limit
  }
}

test('agrees with a plain model', () => {
  const below = generator(5)
  const page = open()
  for (let round = 0; round < 12; round += 1) {
    const [height, width, steps] = [1 + below(4), 1 + below(5), 1 + below(9)]
    const values = Array.from({ length: height }, () =>
      Array.from({ length: width }, () => (below(5) === 0 ? null : below(14) / 2 - 2)),
    )
    const quantile = below(2) === 1
    page.load(grid(values, steps)).scale(quantile ? 'quantile' : 'equal')
    const all = values.flat()
    const ordered = all.filter((value) => value !== null).sort((a, b) => a - b)
    const [min, max] = [ordered[0], ordered[ordered.length - 1]]
    const classOf = (value) => {
      if (value === null) return null
      if (quantile) return Math.floor((ordered.indexOf(value) * steps) / ordered.length)
      return min === max ? 0 : Math.min(steps - 1, Math.floor(((value - min) / (max - min)) * steps))
    }
    assert.deepEqual(page.classes(), all.map(classOf))
    const groups = new Map()
    for (const value of ordered) groups.set(classOf(value), [...(groups.get(classOf(value)) ?? []), value])
    const texts = [...groups.values()].map((group) => {
      const [low, high] = [group[0], group[group.length - 1]]
      return `${low === high ? low : `${low} – ${high}`} m (${group.length})`
    })
    assert.deepEqual(page.legend(), texts)
    if (groups.size === 0) continue
    const off = below(groups.size)
    page.toggle(off)
    const open = all.flatMap((value, index) =>
      value !== null && classOf(value) !== [...groups.keys()][off] ? [index] : [],
    )
    assert.deepEqual(page.reached(), open)
    let at = open[0]
    assert.deepEqual(page.current(), open.slice(0, 1))
    if (at === undefined) continue
    page.focus(at)
    for (let step = 0; step < 8; step += 1) {
      const [key, by] = [['ArrowLeft', -1], ['ArrowRight', 1], ['ArrowUp', -width], ['ArrowDown', width]][below(4)]
      const sameLine = (index) => (Math.abs(by) === 1 ? Math.floor(index / width) === Math.floor(at / width) : true)
      let next = at + by
      while (next >= 0 && next < all.length && sameLine(next) && !open.includes(next)) next += by
      if (open.includes(next) && sameLine(next)) at = next
      page.press(key)
      assert.deepEqual(page.current(), [at], `round ${round}, step ${step}`)
    }
  }
})
