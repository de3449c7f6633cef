const MODIFIERS = ['ctrl', 'alt', 'shift', 'meta']
const MODIFIER_ALIASES = { control: 'ctrl', option: 'alt', cmd: 'meta', command: 'meta' }
const KEY_ALIASES = { esc: 'escape', del: 'delete' }
const FUNCTION_KEYS = Array.from({ length: 12 }, (_, at) => `F${at + 1}`)
const EVENT_KEYS = {
  ' ': 'space', '+': 'plus', ArrowUp: 'up', ArrowDown: 'down', ArrowLeft: 'left', ArrowRight: 'right',
  ...Object.fromEntries(
    ['Enter', 'Escape', 'Tab', 'Backspace', 'Delete', 'Home', 'End', 'PageUp', 'PageDown', ...FUNCTION_KEYS].map(
      (key) => [key, key.toLowerCase()],
    ),
  ),
}
const NAMES = new Set(Object.values(EVENT_KEYS))

/** The strokes of a shortcut such as 'Ctrl+K Ctrl+S', in canonical form: ['ctrl+k', 'ctrl+s']. */
export function parseKeys(text) {
  const strokes = text.split(' ').filter(Boolean)
  if (!strokes.length) throw new SyntaxError('a shortcut without strokes')
  return strokes.map(parseStroke)
}

function parseStroke(text) {
  const parts = text.toLowerCase().split('+')
  const key = lookUp(KEY_ALIASES, parts.pop())
  const modifiers = new Set()
  for (const part of parts) {
    const modifier = lookUp(MODIFIER_ALIASES, part)
    if (!MODIFIERS.includes(modifier) || modifiers.has(modifier)) throw new SyntaxError(`${part} in ${text}`)
    modifiers.add(modifier)
  }
  if (!isCharacter(key) && !NAMES.has(key)) throw new SyntaxError(`no key ${key} in ${text}`)
  return canonical(modifiers, key)
}

function lookUp(aliases, name) {
  return Object.hasOwn(aliases, name) ? aliases[name] : name
}

function isCharacter(key) {
  return [...key].length === 1
}

// What shift makes of a character other than a letter is another character.
function canonical(modifiers, key) {
  const hidesShift = key === 'plus' || (isCharacter(key) && !/[a-z]/.test(key))
  const shown = MODIFIERS.filter((modifier) => modifiers.has(modifier) && !(modifier === 'shift' && hidesShift))
  return [...shown, key].join('+')
}

// The stroke of an event, or null if it has none that can be bound.
function strokeOf(event) {
  if (!isCharacter(event.key) && !Object.hasOwn(EVENT_KEYS, event.key)) return null
  const key = lookUp(EVENT_KEYS, event.key)
  return canonical(new Set(MODIFIERS.filter((modifier) => event[modifier])), key.toLowerCase())
}

function parseWhen(text) {
  if (text === undefined) return []
  return text.split('&&').map((part) => {
    const [, not, flag] = /^\s*(!?)([A-Za-z]+)\s*$/.exec(part) ?? []
    if (!flag) throw new SyntaxError(`no condition: ${text}`)
    return { flag, wanted: !not }
  })
}

/** Finds the commands for keys that are pressed one after the other. */
export class Keymap {
  #bindings
  #timeout
  #pending = []
  #fallback = []
  #last = 0

  constructor(bindings, { timeout = 1000 } = {}) {
    this.#bindings = bindings.map(({ keys, command, when }) => ({
      strokes: parseKeys(keys), command, conditions: parseWhen(when),
    }))
    this.#timeout = timeout
  }

  /** The strokes, in canonical form, that may become a longer shortcut. */
  get pending() {
    return [...this.#pending]
  }

  /** Returns the commands to run after a key is pressed at the time `now`, with these flags set. */
  press(event, now, flags = []) {
    const stroke = strokeOf(event)
    if (stroke === null) return []
    const commands = this.tick(now)
    if (stroke === 'escape' && this.#pending.length) {
      this.#finish()
      return commands
    }
    const active = this.#bindings.filter(({ conditions }) =>
      conditions.every(({ flag, wanted }) => flags.includes(flag) === wanted))
    return [...commands, ...this.#take(stroke, now, active)]
  }

  /** Returns the commands to run because the time is now `now`. */
  tick(now) {
    return this.#pending.length && now - this.#last >= this.#timeout ? this.#finish() : []
  }

  #take(stroke, now, active) {
    const strokes = [...this.#pending, stroke]
    const matching = active.filter((binding) => strokes.every((each, at) => binding.strokes[at] === each))
    const exact = matching.filter((binding) => binding.strokes.length === strokes.length)
    if (!matching.length && this.#pending.length) return [...this.#finish(), ...this.#take(stroke, now, active)]
    this.#pending = matching.length ? strokes : []
    this.#fallback = exact.slice(-1).map(({ command }) => command)
    this.#last = now
    return matching.length > exact.length ? [] : this.#finish()
  }

  // Ends the pending strokes; returns the command of the shortcut that they are, if they are one.
  #finish() {
    const commands = this.#fallback
    this.#pending = []
    this.#fallback = []
    return commands
  }
}
