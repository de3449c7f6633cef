import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Keymap, parseKeys } from '../keymap.mjs'

// The event of a canonical stroke whose key is a letter or a key with the same name in events.
function eventOf(stroke) {
  const parts = stroke.split('+')
  const event = { key: parts.pop() }
  for (const modifier of parts) event[modifier] = true
  return event
}

// Presses strokes, a millisecond after each other; returns the commands of each.
function press(keymap, strokes, flags) {
  return strokes.split(' ').map((stroke, at) => keymap.press(eventOf(stroke), at, flags))
}

function keymapOf(shortcuts, options) {
  return new Keymap(Object.entries(shortcuts).map(([keys, command]) => ({ keys, command })), options)
}

test('shortcuts have a canonical form', () => {
  assert.deepEqual(parseKeys('Ctrl+K Ctrl+S'), ['ctrl+k', 'ctrl+s'])
  assert.deepEqual(parseKeys('  meta+SHIFT+Alt+control+x   Z '), ['ctrl+alt+shift+meta+x', 'z'])
  assert.deepEqual(parseKeys('Cmd+Option+Esc Command+DEL'), ['alt+meta+escape', 'meta+delete'])
  assert.deepEqual(parseKeys('Enter TAB Backspace up Down LEFT right home end PageUp pagedown f1 F12 Space'), [
    'enter', 'tab', 'backspace', 'up', 'down', 'left', 'right', 'home', 'end', 'pageup', 'pagedown', 'f1', 'f12',
    'space',
  ])
})

test('shift belongs to letters and named keys alone', () => {
  assert.deepEqual(parseKeys('Shift+a Shift+F5 shift+space Shift+Tab'), [
    'shift+a', 'shift+f5', 'shift+space', 'shift+tab',
  ])
  assert.deepEqual(parseKeys('Shift+? Ctrl+Shift+1 Shift+plus alt+- Shift+é'), ['?', 'ctrl+1', 'plus', 'alt+-', 'é'])
})

test('malformed shortcuts are refused', () => {
  const wrong = [
    '', '   ', 'Ctrl', 'Ctrl+', '+', '+a', 'Ctrl++a', 'Ctrl++', 'Hyper+a', 'Ctrl+Control+a', 'Cmd+Meta+a', 'a+Ctrl',
    'f0', 'f13', 'ab', 'ArrowUp', 'a Ctrl', 'constructor', 'constructor+a', 'Shift+Shift+?',
  ]
  for (const keys of wrong) {
    assert.throws(() => parseKeys(keys), SyntaxError, keys)
    assert.throws(() => new Keymap([{ keys, command: 'x' }]), SyntaxError, keys)
  }
  assert.deepEqual(parseKeys('Ctrl+plus'), ['ctrl+plus'])
})

test('keys of events are those of shortcuts', () => {
  const names = {
    up: 'ArrowUp', down: 'ArrowDown', left: 'ArrowLeft', right: 'ArrowRight', space: ' ', plus: '+', home: 'Home',
    pageup: 'PageUp', pagedown: 'PageDown', enter: 'Enter', tab: 'Tab', backspace: 'Backspace', delete: 'Delete',
    end: 'End', escape: 'Escape', f1: 'F1', f12: 'F12', k: 'K', '?': '?', é: 'É',
  }
  const keymap = keymapOf(Object.fromEntries(Object.keys(names).map((name) => [name, name])))
  for (const [name, key] of Object.entries(names)) assert.deepEqual(keymap.press({ key }, 0), [name])
})

test('modifiers have to be the same', () => {
  const keymap = keymapOf({
    'k': '1', 'Shift+K': '2', 'Ctrl+Alt+Shift+Cmd+K': '3', 'Ctrl+?': '4', 'Shift+Space': '5', 'Alt+Plus': '6',
  })
  assert.deepEqual(press(keymap, 'k shift+K shift+k ctrl+k alt+shift+k ctrl+alt+shift+meta+k'), [
    ['1'], ['2'], ['2'], [], [], ['3'],
  ])
  assert.deepEqual(press(keymap, 'ctrl+shift+? ctrl+? ?'), [['4'], ['4'], []])
  assert.deepEqual(keymap.press({ key: ' ', shift: true }, 0), ['5'])
  assert.deepEqual(keymap.press({ key: ' ', shift: false }, 0), [])
  assert.deepEqual(keymap.press({ key: '+', shift: true, alt: true, ctrl: false, meta: false }, 0), ['6'])
})

test('a sequence runs its command at its last stroke', () => {
  const keymap = keymapOf({ 'Ctrl+K Ctrl+S': 'save', 'Ctrl+K x y': 'deep' })
  assert.deepEqual(press(keymap, 'ctrl+k'), [[]])
  assert.deepEqual(keymap.pending, ['ctrl+k'])
  assert.deepEqual(press(keymap, 'ctrl+s'), [['save']])
  assert.deepEqual(keymap.pending, [])
  assert.deepEqual(press(keymap, 'ctrl+k x'), [[], []])
  assert.deepEqual(keymap.pending, ['ctrl+k', 'x'])
  assert.deepEqual(press(keymap, 'y x'), [['deep'], []])
  assert.deepEqual(keymap.pending, [])
})

test('a stroke that does not go on begins anew', () => {
  const keymap = keymapOf({ 'g g': 'top', 'g x y': 'deep', 'y': 'yank', 'x': 'cut', 'q r': 'record' })
  assert.deepEqual(press(keymap, 'g y'), [[], ['yank']])
  assert.deepEqual(press(keymap, 'g x x g g'), [[], [], ['cut'], [], ['top']])
  assert.deepEqual(press(keymap, 'g x g'), [[], [], []])
  assert.deepEqual(keymap.pending, ['g'])
  assert.deepEqual(press(keymap, 'q r z'), [[], ['record'], []])
  assert.deepEqual(keymap.pending, [])
})

test('a shortcut that is the beginning of another one waits', () => {
  const keymap = keymapOf({ 'g': 'go', 'g g g': 'top', 'x': 'cut' })
  assert.deepEqual(press(keymap, 'g x'), [[], ['go', 'cut']])
  assert.deepEqual(press(keymap, 'g g g'), [[], [], ['top']])
  assert.deepEqual(press(keymap, 'g g x'), [[], [], ['cut']])
  assert.deepEqual(press(keymap, 'g z'), [[], ['go']])
  assert.deepEqual(press(keymap, 'g'), [[]])
  assert.deepEqual(keymap.tick(5000), ['go'])
})

test('time runs out after the last stroke', () => {
  const keymap = keymapOf({ 'g': 'go', 'g g h': 'deep', 'q r': 'record', 'r': 'redo' }, { timeout: 50 })
  assert.deepEqual(keymap.tick(0), [])
  keymap.press({ key: 'g' }, 100)
  assert.deepEqual([keymap.tick(149), keymap.pending], [[], ['g']])
  assert.deepEqual([keymap.tick(150), keymap.pending, keymap.tick(200)], [['go'], [], []])
  keymap.press({ key: 'g' }, 300)
  keymap.press({ key: 'g' }, 340)
  assert.deepEqual([keymap.tick(389), keymap.pending], [[], ['g', 'g']])
  assert.deepEqual([keymap.tick(390), keymap.pending], [[], []])
  keymap.press({ key: 'q' }, 400)
  assert.deepEqual(keymap.press({ key: 'r' }, 450), ['redo'])
  keymap.press({ key: 'g' }, 500)
  assert.deepEqual(keymap.press({ key: 'r' }, 560), ['go', 'redo'])
  const slow = keymapOf({ 'q r': 'record' })
  slow.press({ key: 'q' }, 0)
  assert.deepEqual(slow.press({ key: 'r' }, 999), ['record'])
  slow.press({ key: 'q' }, 2000)
  assert.deepEqual(slow.press({ key: 'r' }, 3000), [])
})

test('escape cancels what is pending', () => {
  const keymap = keymapOf({ 'g': 'go', 'g escape': 'never', 'escape': 'close', 'g Ctrl+Escape': 'other' })
  assert.deepEqual(keymap.press({ key: 'Escape' }, 0), ['close'])
  keymap.press({ key: 'g' }, 0)
  assert.deepEqual([keymap.press({ key: 'Escape' }, 1), keymap.pending, keymap.tick(5000)], [[], [], []])
  keymap.press({ key: 'g' }, 6000)
  assert.deepEqual(keymap.press({ key: 'Escape', ctrl: true }, 6001), ['other'])
  keymap.press({ key: 'g' }, 7000)
  assert.deepEqual(keymap.press({ key: 'Escape' }, 8000), ['go', 'close'])
})

test('keys that cannot be bound change nothing', () => {
  const keymap = keymapOf({ 'g h': 'both', 'g': 'go', 'h': 'help' })
  keymap.press({ key: 'g' }, 0)
  for (const key of ['Shift', 'Control', 'Dead', 'F13', 'up', 'space', 'enter', 'constructor', 'AudioVolumeUp']) {
    assert.deepEqual(keymap.press({ key, shift: true }, 5000), [], key)
  }
  assert.deepEqual(keymap.pending, ['g'])
  assert.deepEqual(keymap.press({ key: 'h' }, 999), ['both'])
})

test('conditions and the order of bindings decide which one is meant', () => {
  const keymap = new Keymap([
    { keys: 'x', command: 'first' },
    { keys: 'x', command: 'editing', when: 'editor' },
    { keys: 'X', command: 'writing', when: ' editor&& !readOnly ' },
    { keys: 'x y', command: 'later', when: 'vim&&!editor' },
    { keys: 'z', command: 'none', when: '!editor' },
    { keys: 'x', command: 'never', when: 'a && !a' },
  ])
  const sets = [[], ['editor'], ['readOnly', 'editor'], ['readOnly'], ['vim', 'editor']]
  const results = sets.map((flags) => press(keymap, 'x z', flags))
  assert.deepEqual(results, [
    [['first'], ['none']], [['writing'], []], [['editing'], []], [['first'], ['none']], [['writing'], []],
  ])
  const nexts = [['y', ['vim'], ['later']], ['y', [], ['first']], ['z', ['editor'], ['first']]]
  for (const [next, flags, commands] of nexts) {
    assert.deepEqual(keymap.press({ key: 'x' }, 0, ['vim']), [])
    assert.deepEqual(keymap.press({ key: next }, 1, flags), commands)
  }
})

test('malformed conditions are refused', () => {
  for (const when of ['', '!', 'a &&', '&& a', 'a & b', 'a || b', '!!a', 'a b', '! a', 'a1']) {
    assert.throws(() => new Keymap([{ keys: 'x', command: 'x', when }]), SyntaxError, when)
  }
  const keymap = new Keymap([{ keys: 'x', command: 'fine', when: 'constructor' }])
  assert.deepEqual([keymap.press({ key: 'x' }, 0), keymap.press({ key: 'x' }, 0, ['constructor'])], [[], ['fine']])
})

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

// The same on texts: `typed` are the pending keys, one letter each.
class Model {
  constructor(bindings) {
    Object.assign(this, { bindings, typed: '', waiting: [], last: 0 })
  }

  end() {
    const commands = this.waiting
    Object.assign(this, { typed: '', waiting: [] })
    return commands
  }

  tick(now) {
    return this.typed !== '' && now - this.last >= 100 ? this.end() : []
  }

  press(letter, now, flag) {
    const commands = this.tick(now)
    const counting = this.bindings.filter(({ when }) => !when || when === flag)
    const active = Object.fromEntries(counting.map(({ keys, command }) => [keys.replaceAll(' ', ''), command]))
    const begins = (text) => Object.keys(active).some((keys) => keys.startsWith(text))
    if (this.typed && !begins(this.typed + letter)) commands.push(...this.end())
    this.typed = begins(this.typed + letter) ? this.typed + letter : ''
    this.last = now
    this.waiting = this.typed in active ? [active[this.typed]] : []
    const goesOn = Object.keys(active).some((keys) => keys !== this.typed && keys.startsWith(this.typed))
    return this.typed && goesOn ? commands : [...commands, ...this.end()]
  }
}

test('random keys agree with a plain model', () => {
  for (let seed = 1; seed <= 6; seed += 1) {
    const random = randomNumbers(seed)
    const letters = (length) => Array.from({ length }, () => 'abc'[random(3)]).join(' ')
    const bindings = Array.from({ length: 9 }, (_, at) => {
      const when = ['p', 'q', undefined, undefined][random(4)]
      return { keys: letters(1 + random(4)), command: `c${at}`, ...(when && { when }) }
    })
    const [keymap, model] = [new Keymap(bindings, { timeout: 100 }), new Model(bindings)]
    let now = 0
    for (let step = 0; step < 60; step += 1) {
      now += [1, 30, 99, 100][random(4)]
      const [letter, flag] = ['abcd'[random(4)], 'pq'[random(2)]]
      if (random(5)) assert.deepEqual(keymap.press({ key: letter }, now, [flag]), model.press(letter, now, flag))
      else assert.deepEqual(keymap.tick(now), model.tick(now))
      assert.equal(keymap.pending.join(''), model.typed)
    }
  }
})
