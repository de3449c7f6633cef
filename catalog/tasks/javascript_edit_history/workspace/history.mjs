/** A text with undo and redo. */
export class History {
  constructor(text = '', { limit = 100, gap = 1000 } = {}) {
    throw new Error('not implemented')
  }

  get text() {
    throw new Error('not implemented')
  }

  /** How many steps can be undone. */
  get undoable() {
    throw new Error('not implemented')
  }

  /** How many steps can be redone. */
  get redoable() {
    throw new Error('not implemented')
  }

  /** Whether the text is not the saved one. */
  get dirty() {
    throw new Error('not implemented')
  }

  /** Changes the text at the time `now`, in milliseconds; returns whether it is another one. */
  edit({ at, remove = 0, insert = '' }, now) {
    throw new Error('not implemented')
  }

  /** Returns the position of the caret, or null. */
  undo() {
    throw new Error('not implemented')
  }

  /** Returns the position of the caret, or null. */
  redo() {
    throw new Error('not implemented')
  }

  save() {
    throw new Error('not implemented')
  }

  begin() {
    throw new Error('not implemented')
  }

  end() {
    throw new Error('not implemented')
  }

  abort() {
    throw new Error('not implemented')
  }
}
