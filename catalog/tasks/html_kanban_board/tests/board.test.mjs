import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage } from 'candidate'

const UP = 'ArrowUp'
const DOWN = 'ArrowDown'
const LEFT = 'ArrowLeft'
const RIGHT = 'ArrowRight'

// A column is [name, limit or null, texts of cards].
const columnHtml = ([name, limit, cards]) => `
  <section class="column"${limit === null ? '' : ` data-limit="${limit}"`}>
    <h2>${name}</h2><p class="count"></p><ul>${cards.map((card) => `<li>${card}</li>`).join('')}</ul>
  </section>`

function open(columns) {
  const window = openPage('index.html')
  const { document } = window
  const board = document.querySelector('#board')
  const all = (selector) => [...board.querySelectorAll(selector)]
  const texts = (selector) => all(selector).map((element) => element.textContent.trim())
  const page = {
    document,
    replace(next) {
      board.innerHTML = next.map(columnHtml).join('')
      board.dispatchEvent(new window.Event('change', { bubbles: true }))
    },
    // Focuses the card with that text.
    at(text) {
      all('li').find((card) => card.textContent.trim() === text).focus()
      return page
    },
    press(...keys) {
      for (const key of keys) {
        const ctrlKey = key.startsWith('Ctrl+')
        const event = new window.KeyboardEvent('keydown', {
          key: key.replace('Ctrl+', ''), ctrlKey, bubbles: true, cancelable: true,
        })
        document.activeElement.dispatchEvent(event)
        page.prevented = event.defaultPrevented
      }
      return page
    },
    focused: () => document.activeElement.textContent.trim(),
    lists: () => all('ul').map((_, index) => texts(`.column:nth-child(${index + 1}) li`)),
    counts: () => texts('.count'),
    full: () => all('.column').map((column) => column.hasAttribute('data-full')),
    stops: () => texts('li[tabindex="0"]'),
    others: () => all('li[tabindex="-1"]').length,
    carried: () => texts('li[data-carried]'),
    news: () => document.querySelector('#news').textContent,
  }
  if (columns) page.replace(columns)
  return page
}

const THREE = [['A', null, ['a1', 'a2', 'a3']], ['B', 2, ['b1']], ['C', null, []]]

test('counts cards', () => {
  const page = open()
  assert.deepEqual(page.counts(), ['3', '1/2', '0'])
  assert.deepEqual(page.full(), [false, false, false])
  page.at('Mend fence').press(' ', RIGHT)
  assert.deepEqual(page.counts(), ['2', '2/2', '0'])
  assert.deepEqual(page.full(), [false, true, false])
  page.press(RIGHT, ' ')
  assert.deepEqual(page.counts(), ['2', '1/2', '1'])
  assert.deepEqual(page.full(), [false, false, false])
  page.replace([['A', 2, ['x', 'y', 'z']], ['B', 0, []]])
  assert.deepEqual(page.counts(), ['3/2', '0/0'])
  assert.deepEqual(page.full(), [true, true])
})

test('has one card in the tab order', () => {
  const page = open()
  assert.deepEqual(page.stops(), ['Order soil'])
  assert.equal(page.others(), 3)
  page.at('Sow peas')
  assert.deepEqual(page.stops(), ['Sow peas'])
  page.press(' ', RIGHT)
  assert.deepEqual(page.stops(), ['Sow peas'])
  page.press('Escape', UP)
  assert.deepEqual(page.stops(), ['Mend fence'])
  assert.equal(page.others(), 3)
  page.replace([['A', null, []], ['B', null, ['b1', 'b2']]])
  assert.deepEqual(page.stops(), ['b1'])
  assert.equal(page.others(), 1)
})

test('moves the focus in a column', () => {
  const page = open(THREE)
  page.at('a1').press(DOWN)
  assert.equal(page.focused(), 'a2')
  assert.equal(page.prevented, true)
  page.press(DOWN, DOWN)
  assert.equal(page.focused(), 'a3')
  assert.equal(page.prevented, true)
  page.press(UP, UP, UP, UP)
  assert.equal(page.focused(), 'a1')
  assert.deepEqual(page.lists(), [['a1', 'a2', 'a3'], ['b1'], []])
  assert.equal(page.news(), '')
})

test('moves the focus across columns', () => {
  const page = open([['A', null, ['a1', 'a2', 'a3']], ['B', null, []], ['C', 1, ['c1', 'c2']], ['D', null, []]])
  page.at('a3').press(RIGHT)
  assert.equal(page.focused(), 'c2')
  page.press(RIGHT)
  assert.equal(page.focused(), 'c2')
  assert.equal(page.prevented, true)
  page.press(LEFT)
  assert.equal(page.focused(), 'a2')
  page.press(LEFT)
  assert.equal(page.focused(), 'a2')
  page.press(UP, RIGHT)
  assert.equal(page.focused(), 'c1')
  assert.equal(page.news(), '')
})

test('carries a card up and down', () => {
  const page = open(THREE)
  page.at('a1').press(' ')
  assert.equal(page.news(), 'Picked up a1: A, 1 of 3')
  assert.deepEqual(page.carried(), ['a1'])
  assert.equal(page.prevented, true)
  page.press(DOWN)
  assert.equal(page.news(), 'A, 2 of 3')
  assert.deepEqual(page.lists(), [['a2', 'a1', 'a3'], ['b1'], []])
  page.press(DOWN)
  assert.equal(page.focused(), 'a1')
  page.press(DOWN)
  assert.equal(page.news(), 'Cannot move')
  assert.deepEqual(page.lists(), [['a2', 'a3', 'a1'], ['b1'], []])
  page.press(UP, UP)
  assert.equal(page.news(), 'A, 1 of 3')
  page.press(UP)
  assert.equal(page.news(), 'Cannot move')
  assert.equal(page.prevented, true)
  assert.deepEqual(page.lists()[0], ['a1', 'a2', 'a3'])
  assert.deepEqual(page.carried(), ['a1'])
})

test('carries a card to other columns', () => {
  const page = open([['A', null, ['a1', 'a2']], ['B', null, ['b1', 'b2', 'b3']], ['C', null, []]])
  page.at('a2').press(' ', RIGHT)
  assert.deepEqual(page.lists(), [['a1'], ['b1', 'a2', 'b2', 'b3'], []])
  assert.equal(page.news(), 'B, 2 of 4')
  assert.equal(page.focused(), 'a2')
  page.press(DOWN, RIGHT)
  assert.deepEqual(page.lists(), [['a1'], ['b1', 'b2', 'b3'], ['a2']])
  assert.equal(page.news(), 'C, 1 of 1')
  page.press(RIGHT)
  assert.equal(page.news(), 'Cannot move')
  page.press(LEFT)
  assert.deepEqual(page.lists(), [['a1'], ['a2', 'b1', 'b2', 'b3'], []])
  page.press(LEFT, LEFT)
  assert.deepEqual(page.lists(), [['a2', 'a1'], ['b1', 'b2', 'b3'], []])
  assert.equal(page.news(), 'Cannot move')
  assert.deepEqual(page.carried(), ['a2'])
})

test('skips full columns', () => {
  const page = open([['A', 2, ['a1', 'a2']], ['B', 1, ['b1']], ['C', 2, ['c1']], ['D', 0, []], ['E', 1, ['e1', 'e2']]])
  page.at('a1').press(' ', RIGHT)
  assert.deepEqual(page.lists(), [['a2'], ['b1'], ['a1', 'c1'], [], ['e1', 'e2']])
  assert.equal(page.news(), 'C, 1 of 2')
  page.press(RIGHT)
  assert.equal(page.news(), 'Cannot move')
  page.press(' ').at('e2').press(' ', LEFT)
  assert.deepEqual(page.lists(), [['a2', 'e2'], ['b1'], ['a1', 'c1'], [], ['e1']])
  page.press('Enter').at('b1').press(' ', LEFT)
  assert.equal(page.news(), 'Cannot move')
  page.press(UP)
  assert.equal(page.news(), 'Cannot move')
  page.press('Escape').at('a1').press(' ', LEFT)
  assert.equal(page.news(), 'Cannot move')
})

test('drops with Space and Enter', () => {
  const page = open(THREE)
  page.at('a1').press(' ', RIGHT, 'Enter')
  assert.equal(page.prevented, true)
  assert.equal(page.news(), 'Dropped a1: B, 1 of 2')
  assert.deepEqual(page.carried(), [])
  assert.equal(page.focused(), 'a1')
  page.press(DOWN)
  assert.equal(page.focused(), 'b1')
  page.press(' ', RIGHT, ' ')
  assert.equal(page.news(), 'Dropped b1: C, 1 of 1')
  assert.deepEqual(page.lists(), [['a2', 'a3'], ['a1'], ['b1']])
  page.press(' ', ' ')
  assert.equal(page.news(), 'Dropped b1: C, 1 of 1')
  assert.deepEqual(page.carried(), [])
})

test('returns a card with Escape', () => {
  const page = open(THREE)
  page.at('a2').press(' ', UP, RIGHT, RIGHT)
  assert.deepEqual(page.lists(), [['a1', 'a3'], ['b1'], ['a2']])
  page.press('Escape')
  assert.equal(page.prevented, true)
  assert.deepEqual(page.lists(), [['a1', 'a2', 'a3'], ['b1'], []])
  assert.equal(page.news(), 'Returned a2: A, 2 of 3')
  assert.deepEqual(page.counts(), ['3', '1/2', '0'])
  assert.deepEqual(page.carried(), [])
  assert.equal(page.focused(), 'a2')
  page.press(' ', DOWN, 'Escape')
  assert.deepEqual(page.lists()[0], ['a1', 'a2', 'a3'])
  page.press('Ctrl+z')
  assert.equal(page.news(), 'Nothing to undo')
})

test('undoes and redoes moves', () => {
  const page = open(THREE)
  page.at('a1').press('Ctrl+z')
  assert.equal(page.news(), 'Nothing to undo')
  assert.equal(page.prevented, true)
  page.press('Ctrl+y')
  assert.equal(page.news(), 'Nothing to redo')
  page.at('a2').press(' ', RIGHT, ' ')
  page.at('a1').press(' ', DOWN, ' ')
  page.at('b1').press(' ', RIGHT, ' ')
  assert.deepEqual(page.lists(), [['a3', 'a1'], ['a2'], ['b1']])
  page.at('a3').press('Ctrl+z')
  assert.equal(page.news(), 'Undone b1: B, 1 of 2')
  assert.equal(page.focused(), 'b1')
  assert.deepEqual(page.full(), [false, true, false])
  page.press('Ctrl+z')
  assert.equal(page.news(), 'Undone a1: A, 1 of 2')
  page.press('Ctrl+z')
  assert.deepEqual(page.lists(), [['a1', 'a2', 'a3'], ['b1'], []])
  assert.equal(page.news(), 'Undone a2: A, 2 of 3')
  page.press('Ctrl+z')
  assert.equal(page.news(), 'Nothing to undo')
  page.press('Ctrl+y')
  assert.equal(page.news(), 'Redone a2: B, 2 of 2')
  page.press('Ctrl+y', 'Ctrl+y')
  assert.equal(page.news(), 'Redone b1: C, 1 of 1')
  assert.equal(page.focused(), 'b1')
  assert.deepEqual(page.lists(), [['a3', 'a1'], ['a2'], ['b1']])
  assert.deepEqual(page.counts(), ['2', '1/2', '1'])
})

test('forgets moves that were taken back', () => {
  const page = open(THREE)
  page.at('a1').press(' ', DOWN, ' ', 'Ctrl+z')
  assert.deepEqual(page.lists()[0], ['a1', 'a2', 'a3'])
  page.at('a3').press(' ', UP, DOWN, ' ')
  page.press(' ', LEFT, 'Escape', 'Ctrl+y')
  assert.equal(page.news(), 'Redone a1: A, 2 of 3')
  page.press('Ctrl+z').at('b1').press(' ', RIGHT, ' ', 'Ctrl+y')
  assert.equal(page.news(), 'Nothing to redo')
  page.press('Ctrl+z', 'Ctrl+z')
  assert.equal(page.news(), 'Nothing to undo')
  assert.deepEqual(page.lists(), [['a1', 'a2', 'a3'], ['b1'], []])
})

test('ignores keys that do not belong to the state', () => {
  const page = open(THREE)
  page.at('a1').press(' ', RIGHT, ' ')
  for (const key of ['Escape', 'Enter', 'x', 'z', 'y', 'Tab', 'Home']) {
    page.press(key)
    assert.equal(page.prevented, false, key)
    assert.equal(page.news(), 'Dropped a1: B, 1 of 2', key)
  }
  page.press(' ')
  for (const key of ['Ctrl+z', 'Ctrl+y', 'z', 'Tab', 'Delete']) {
    page.press(key)
    assert.equal(page.prevented, false, key)
    assert.equal(page.news(), 'Picked up a1: B, 1 of 2', key)
  }
  assert.deepEqual(page.lists(), [['a2', 'a3'], ['a1', 'b1'], []])
  assert.deepEqual(page.carried(), ['a1'])
})

test('starts anew with another board', () => {
  const page = open(THREE)
  page.at('a1').press(' ', DOWN, ' ', ' ', DOWN)
  page.replace([['X y', null, ['x1']], ['Z', null, ['z1']]])
  assert.equal(page.news(), '')
  page.at('x1').press('Ctrl+z')
  assert.equal(page.news(), 'Nothing to undo')
  page.press(RIGHT)
  assert.equal(page.focused(), 'z1')
  page.press(' ', LEFT, ' ')
  assert.equal(page.news(), 'Dropped z1: X y, 1 of 2')
  assert.deepEqual(page.lists(), [['z1', 'x1'], []])
  page.press('Ctrl+z')
  page.replace(THREE)
  page.at('a2').press('Ctrl+y')
  assert.equal(page.news(), 'Nothing to redo')
  assert.deepEqual(page.lists()[0], ['a1', 'a2', 'a3'])
})

function generator(seed) {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) % limit
  }
}

const clone = (lists) => lists.map((list) => [...list])
const find = (lists, card) => {
  const column = lists.findIndex((list) => list.includes(card))
  return [column, lists[column].indexOf(card)]
}

// The board as lists of texts; moves are remembered as whole boards.
class Model {
  constructor(columns) {
    this.names = columns.map(([name]) => name)
    this.limits = columns.map(([, limit]) => limit ?? Infinity)
    this.lists = columns.map(([, , cards]) => [...cards])
    Object.assign(this, { carried: false, before: null, past: [], future: [], news: '' })
  }

  place(card) {
    const [column, index] = find(this.lists, card)
    return `${this.names[column]}, ${index + 1} of ${this.lists[column].length}`
  }

  say(word) {
    this.news = `${word} ${this.focus}: ${this.place(this.focus)}`
  }

  press(key) {
    if (key.startsWith('Ctrl')) this.history(key === 'Ctrl+z')
    else if (key.startsWith('Arrow')) this.arrow(key)
    else if (!this.carried) this.pick(key)
    else if (key === 'Escape') this.end(clone(this.before), 'Returned')
    else this.end(this.lists, 'Dropped')
  }

  pick(key) {
    if (key !== ' ') return
    this.carried = true
    this.before = clone(this.lists)
    this.say('Picked up')
  }

  end(lists, word) {
    this.lists = lists
    this.carried = false
    if (JSON.stringify(lists) !== JSON.stringify(this.before)) {
      this.past.push({ card: this.focus, before: this.before, after: clone(lists) })
      this.future = []
    }
    this.say(word)
  }

  history(back) {
    if (this.carried) return
    const move = (back ? this.past : this.future).pop()
    if (!move) {
      this.news = `Nothing to ${back ? 'undo' : 'redo'}`
      return
    }
    ;(back ? this.future : this.past).push(move)
    this.lists = clone(back ? move.before : move.after)
    this.focus = move.card
    this.say(back ? 'Undone' : 'Redone')
  }

  arrow(key) {
    const [column, index] = find(this.lists, this.focus)
    const step = key === UP || key === LEFT ? -1 : 1
    const vertical = key === UP || key === DOWN
    const room = (at) => (this.carried ? this.lists[at].length < this.limits[at] : this.lists[at].length > 0)
    let at = column + step
    while (!vertical && at >= 0 && at < this.lists.length && !room(at)) at += step
    const other = vertical ? this.lists[column][index + step] : this.lists[at]
    if (!this.carried) {
      if (other) this.focus = vertical ? other : other[Math.min(index, other.length - 1)]
      return
    }
    this.news = 'Cannot move'
    if (!other) return
    this.lists[column].splice(index, 1)
    this.lists[vertical ? column : at].splice(vertical ? index + step : index, 0, this.focus)
    this.news = this.place(this.focus)
  }
}

test('agrees with a plain model', () => {
  const below = generator(31)
  const keys = [UP, DOWN, LEFT, RIGHT, LEFT, RIGHT, ' ', ' ', 'Enter', 'Escape', 'Ctrl+z', 'Ctrl+z', 'Ctrl+y']
  const page = open()
  for (let round = 0; round < 3; round += 1) {
    let number = 0
    const columns = Array.from({ length: 3 + below(2) }, (_, at) => [
      `Column ${at}`, below(2) ? below(4) : null, Array.from({ length: below(4) }, () => `card ${(number += 1)}`),
    ])
    columns[0][2].push('last')
    page.replace(columns)
    const model = new Model(columns)
    page.at('last')
    model.focus = 'last'
    for (let step = 0; step < 45; step += 1) {
      const key = keys[below(keys.length)]
      page.press(key)
      model.press(key)
      const at = `round ${round}, step ${step}, ${key}`
      assert.equal(page.news(), model.news, at)
      assert.equal(page.focused(), model.focus, at)
      const lists = [...page.document.querySelectorAll('#board ul')].map((list) => list.textContent)
      assert.deepEqual(lists, model.lists.map((cards) => cards.join('')), at)
    }
    assert.deepEqual(page.lists(), model.lists)
    assert.deepEqual(page.full(), model.lists.map((list, index) => list.length >= model.limits[index]))
    assert.deepEqual(page.carried(), model.carried ? [model.focus] : [])
  }
})
