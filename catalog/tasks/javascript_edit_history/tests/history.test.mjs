import assert from 'node:assert/strict'
import { test } from 'node:test'
import { History } from '../history.mjs'

const FAR = 1_000_000
let clock = 0

// Edits that are too far apart in time to join.
function apply(history, ...edits) {
  for (const edit of edits) history.edit(edit, (clock += FAR))
}

const insertion = (at, insert) => ({ at, insert })
const deletion = (at, remove) => ({ at, remove })
const counts = (history) => [history.undoable, history.redoable]

test('edits change the text', () => {
  const history = new History('hello')
  assert.equal(history.edit({ at: 5, insert: ' world' }, 0), true)
  assert.equal(history.edit({ at: 0, remove: 1, insert: 'J' }, 0), true)
  assert.equal(history.edit({ at: 5, remove: 6 }, 0), true)
  assert.equal(history.text, 'Jello')
  assert.deepEqual(counts(history), [3, 0])
  assert.equal(new History().text, '')
})

test('edits outside of the text are refused', () => {
  const history = new History('abc')
  const wrong = [
    { at: -1 }, { at: 4, insert: 'x' }, { at: 2, remove: 2 }, { at: 1, remove: -1 }, { at: 0.5, insert: 'x' },
    { at: 0, remove: 1.5 }, { at: '1' }, {}, { at: 1, remove: NaN },
  ]
  for (const edit of wrong) assert.throws(() => history.edit(edit, 0), RangeError, JSON.stringify(edit))
  assert.deepEqual([history.text, ...counts(history), history.dirty], ['abc', 0, 0, false])
  assert.equal(history.edit({ at: 3, insert: 'd' }, 0), true)
  assert.equal(history.text, 'abcd')
})

test('steps are undone and redone, with the caret', () => {
  const history = new History('one two')
  apply(history, { at: 4, remove: 3, insert: 'three' }, insertion(0, '> '), deletion(2, 4))
  assert.equal(history.text, '> three')
  assert.deepEqual([history.undo(), history.text], [6, '> one three'])
  assert.deepEqual([history.undo(), history.text], [0, 'one three'])
  assert.deepEqual([history.undo(), history.text], [7, 'one two'])
  assert.equal(history.undo(), null)
  assert.deepEqual(counts(history), [0, 3])
  assert.deepEqual([history.redo(), history.text], [9, 'one three'])
  assert.deepEqual([history.redo(), history.text], [2, '> one three'])
  assert.deepEqual([history.redo(), history.text], [2, '> three'])
  assert.equal(history.redo(), null)
  assert.deepEqual(counts(history), [3, 0])
})

test('an edit drops what could be redone, unless it changes nothing', () => {
  const history = new History('abc')
  apply(history, insertion(3, 'd'), insertion(4, 'e'))
  history.undo()
  assert.equal(history.edit({ at: 1 }, FAR), false)
  assert.equal(history.edit({ at: 1, remove: 2, insert: 'bc' }, FAR), false)
  assert.deepEqual(counts(history), [1, 1])
  apply(history, insertion(0, 'x'))
  assert.deepEqual(counts(history), [2, 0])
  assert.equal(history.redo(), null)
  assert.equal(history.text, 'xabcd')
})

test('typing joins while it goes on in place and in time', () => {
  const history = new History('', { gap: 50 })
  const typed = [[0, 'a', 0], [1, 'bc', 50], [3, ' ', 100], [4, 'd', 151], [5, 'e', 151], [5, 'f', 151]]
  for (const [at, insert, now] of typed) history.edit({ at, insert }, now)
  assert.equal(history.text, 'abc dfe')
  assert.deepEqual(counts(history), [3, 0])
  assert.deepEqual([history.undo(), history.text], [5, 'abc de'])
  assert.deepEqual([history.undo(), history.text], [4, 'abc '])
  assert.deepEqual([history.undo(), history.text], [0, ''])
  assert.deepEqual([history.redo(), history.text], [4, 'abc '])
})

test('typing joins within a second unless told otherwise, and lines stay apart', () => {
  const history = new History('')
  history.edit(insertion(0, 'a'), 5000)
  history.edit(insertion(1, 'b'), 6000)
  history.edit(insertion(2, '\n'), 6000)
  history.edit(insertion(3, 'c'), 6000)
  history.edit(insertion(4, 'd\ne'), 6000)
  history.edit(insertion(7, 'f'), 7001)
  history.edit(insertion(8, 'g'), 8002)
  assert.deepEqual(counts(history), [6, 0])
  for (const text of ['ab\ncd\nef', 'ab\ncd\ne', 'ab\nc', 'ab\n', 'ab', '']) {
    history.undo()
    assert.equal(history.text, text)
  }
})

test('deletions join in both directions', () => {
  const history = new History('0123456789')
  for (const [at, remove] of [[5, 1], [4, 1], [4, 1], [2, 2], [2, 1]]) history.edit({ at, remove }, 0)
  assert.equal(history.text, '0189')
  assert.equal(history.undoable, 1)
  history.edit(deletion(3, 1), 0)
  history.edit(deletion(1, 1), 0)
  assert.deepEqual([history.text, history.undoable], ['08', 3])
  history.undo()
  history.undo()
  assert.deepEqual([history.undo(), history.text], [6, '0123456789'])
  assert.deepEqual([history.redo(), history.text], [2, '0189'])
  history.edit(deletion(1, 1), 0)
  assert.equal(history.undoable, 2)
})

test('different kinds of edits do not join', () => {
  const history = new History('abc')
  history.edit(insertion(1, 'x'), 0)
  history.edit(deletion(1, 1), 0)
  history.edit(insertion(1, 'y'), 0)
  history.edit({ at: 2, remove: 1, insert: 'z' }, 0)
  history.edit(insertion(3, 'w'), 0)
  history.edit({ at: 4, remove: 1, insert: '' }, 0)
  history.edit({ at: 3, remove: 1, insert: 'q' }, 0)
  history.edit({ at: 3, remove: 1, insert: 'r' }, 0)
  assert.deepEqual([history.text, history.undoable], ['ayzr', 8])
})

test('other calls end the joining, but ignored edits do not', () => {
  const history = new History('')
  let at = 0
  const type = () => history.edit(insertion(at++, 'x'), 0)
  type()
  type()
  history.edit({ at: 1, remove: 1, insert: 'x' }, 0)
  type()
  assert.equal(history.undoable, 1)
  const others = [
    () => history.save(), () => history.redo(), () => [history.undo(), history.redo()],
    () => [history.begin(), history.end()], () => [history.begin(), history.abort()],
  ]
  for (const [index, other] of others.entries()) {
    other()
    type()
    type()
    assert.equal(history.undoable, index + 2)
  }
})

test('a group is one step', () => {
  const history = new History('a-b-c')
  apply(history, insertion(5, '!'))
  history.begin()
  apply(history, deletion(1, 1))
  history.begin()
  apply(history, { at: 2, remove: 1, insert: ' + ' })
  history.end()
  history.edit(insertion(5, '..'), clock)
  assert.deepEqual([history.text, ...counts(history)], ['ab + ..c!', 1, 0])
  history.end()
  history.edit(insertion(7, '.'), clock)
  assert.deepEqual(counts(history), [3, 0])
  history.undo()
  assert.deepEqual([history.undo(), history.text], [2, 'a-b-c!'])
  assert.deepEqual([history.redo(), history.text], [7, 'ab + ..c!'])
})

test('a group without edits is no step', () => {
  const history = new History('a')
  apply(history, insertion(1, 'b'))
  history.undo()
  history.begin()
  history.edit({ at: 0, remove: 1, insert: 'a' }, 0)
  history.end()
  assert.deepEqual(counts(history), [0, 1])
  history.begin()
  apply(history, insertion(0, 'x'), deletion(0, 1))
  assert.deepEqual(counts(history), [0, 0])
  history.end()
  assert.deepEqual([history.text, ...counts(history)], ['a', 1, 0])
})

test('calls that do not fit an open group, or need one, are refused', () => {
  const history = new History('a')
  apply(history, insertion(1, 'b'))
  for (const call of [() => history.end(), () => history.abort()]) assert.throws(call, Error)
  history.begin()
  for (const call of [() => history.undo(), () => history.redo(), () => history.save()]) assert.throws(call, Error)
  apply(history, insertion(2, 'c'))
  history.end()
  assert.throws(() => history.end(), Error)
  assert.deepEqual([history.text, ...counts(history), history.dirty], ['abc', 2, 0, true])
})

test('abort takes back all open groups', () => {
  const history = new History('abc')
  apply(history, insertion(3, 'd'))
  history.save()
  history.begin()
  apply(history, deletion(0, 2))
  history.begin()
  apply(history, insertion(1, 'xyz'))
  assert.equal(history.dirty, true)
  history.abort()
  assert.deepEqual([history.text, ...counts(history), history.dirty], ['abcd', 1, 0, false])
  assert.throws(() => history.end(), Error)
  history.undo()
  assert.deepEqual([history.text, history.dirty], ['abc', true])
})

test('the oldest steps are forgotten beyond the limit', () => {
  const history = new History('', { limit: 2 })
  apply(history, insertion(0, 'a'), insertion(1, 'b'), insertion(2, 'c'))
  history.undo()
  history.undo()
  assert.deepEqual([history.undo(), history.text, ...counts(history)], [null, 'a', 0, 2])
  history.redo()
  apply(history, insertion(2, 'x'), insertion(3, 'y'))
  assert.deepEqual([history.text, ...counts(history)], ['abxy', 2, 0])
  const long = new History('')
  for (let at = 0; at < 103; at += 1) apply(long, insertion(at, 'x'))
  assert.equal(long.undoable, 100)
})

test('dirty tells whether the saved state is left', () => {
  const history = new History('a', { limit: 2 })
  const seen = [history.dirty]
  const note = (action) => {
    action()
    seen.push(history.dirty)
  }
  note(() => apply(history, insertion(1, 'b')))
  note(() => history.undo())
  note(() => history.redo())
  note(() => history.save())
  note(() => apply(history, insertion(2, 'c'), insertion(3, 'd')))
  note(() => [history.undo(), history.undo()])
  assert.deepEqual(seen.splice(0), [false, true, false, true, false, true, false])
  assert.deepEqual(counts(history), [0, 2])
  note(() => apply(history, insertion(2, 'c'), deletion(2, 1)))
  note(() => [history.undo(), history.undo()])
  note(() => [history.redo(), history.save(), history.undo()])
  note(() => apply(history, insertion(2, 'c')))
  note(() => history.undo())
  assert.deepEqual([history.text, ...seen], ['ab', true, false, true, true, true])
})

// The same as a row of texts: the steps are what lies between two of them.
class Row {
  constructor(text, limit) {
    Object.assign(this, { limit, texts: [text], at: 0, saved: 0, last: null, open: null })
  }

  get text() {
    return this.open ?? this.texts[this.at]
  }

  edit({ at, remove, insert }, now) {
    const text = [...this.text]
    const removed = text.splice(at, remove, ...insert).join('')
    if (removed === insert) return
    const { last } = this
    const typed = last && removed + last.removed === '' && at === last.at + last.insert.length
    const erased = last && insert + last.insert === '' && [at, at + remove].includes(last.at)
    if (this.saved > this.at) this.saved = -1
    this.texts.length = this.at + 1
    if (this.open !== null) Object.assign(this, { open: text.join(''), edited: true })
    else if (last && now - last.now <= 10 && (typed || erased)) this.texts[this.at] = text.join('')
    else this.push(text.join(''))
    this.last = this.open === null ? { at, removed, insert, now } : null
  }

  push(text) {
    this.texts.push(text)
    this.at += 1
    if (this.at > this.limit) {
      this.texts.shift()
      this.at -= 1
      this.saved -= 1
    }
  }

  go(by) {
    if (this.texts[this.at + by] !== undefined) this.at += by
    this.last = null
  }
}

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('random edits agree with a row of texts', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const random = randomNumbers(seed)
    const [history, row] = [new History('start', { limit: 5, gap: 10 }), new Row('start', 5)]
    let now = 0
    let caret = 5
    for (let step = 0; step < 60; step += 1) {
      const action = random(16)
      if (action < 10) {
        now += random(14)
        if (random(4) === 0 || caret > row.text.length) caret = random(row.text.length + 1)
        const erases = random(2) && caret > 0
        const typed = { at: caret, remove: 0, insert: 'abc'[random(3)] }
        const edit = erases ? { at: caret - 1, remove: 1, insert: '' } : typed
        caret = edit.at + edit.insert.length
        history.edit({ ...edit }, now)
        row.edit(edit, now)
      } else if (action < 13) {
        if (row.open !== null) continue
        const by = random(2) ? 1 : -1
        if (by < 0) history.undo()
        else history.redo()
        row.go(by)
      } else if (action === 13) {
        if (row.open !== null) continue
        history.save()
        Object.assign(row, { saved: row.at, last: null })
      } else if (row.open === null) {
        history.begin()
        Object.assign(row, { open: row.text, edited: false, last: null })
      } else {
        const isAbort = random(3) === 0
        const { open } = row
        row.open = null
        if (isAbort) history.abort()
        else history.end()
        if (!isAbort && row.edited) row.push(open)
      }
      const isDirty = row.saved !== row.at || (row.open !== null && row.edited)
      const redoable = row.texts.length - 1 - row.at
      assert.deepEqual([history.text, ...counts(history), history.dirty], [row.text, row.at, redoable, isDirty])
    }
  }
})
