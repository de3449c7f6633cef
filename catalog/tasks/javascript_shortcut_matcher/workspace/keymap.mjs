/** The strokes of a shortcut such as 'Ctrl+K Ctrl+S', in canonical form: ['ctrl+k', 'ctrl+s']. */
export function parseKeys(text) {
  throw new Error('not implemented')
}

/** Finds the commands for keys that are pressed one after the other. */
export class Keymap {
  constructor(bindings, { timeout = 1000 } = {}) {
    throw new Error('not implemented')
  }

  /** The strokes, in canonical form, that may become a longer shortcut. */
  get pending() {
    throw new Error('not implemented')
  }

  /** Returns the commands to run after a key is pressed at the time `now`, with these flags set. */
  press(event, now, flags = []) {
    throw new Error('not implemented')
  }

  /** Returns the commands to run because the time is now `now`. */
  tick(now) {
    throw new Error('not implemented')
  }
}
