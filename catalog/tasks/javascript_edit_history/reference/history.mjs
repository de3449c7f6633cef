/** A text with undo and redo. */
export class History {
  #text
  #limit
  #gap
  #undo = []
  #redo = []
  // A state is known by the step that led to it; this one stands for the state before the oldest step.
  #base = { edits: [] }
  #saved = this.#base
  #group = null
  #depth = 0
  #joinable = null

  constructor(text = '', { limit = 100, gap = 1000 } = {}) {
    this.#text = text
    this.#limit = limit
    this.#gap = gap
  }

  get text() {
    return this.#text
  }

  /** How many steps can be undone. */
  get undoable() {
    return this.#undo.length
  }

  /** How many steps can be redone. */
  get redoable() {
    return this.#redo.length
  }

  /** Whether the text is not the saved one. */
  get dirty() {
    return this.#state !== this.#saved || Boolean(this.#group?.edits.length)
  }

  /** Changes the text at the time `now`, in milliseconds; returns whether it is another one. */
  edit({ at, remove = 0, insert = '' }, now) {
    const isRange = Number.isInteger(at) && Number.isInteger(remove) && at >= 0 && remove >= 0
    if (!isRange || at + remove > this.#text.length) throw new RangeError('the edit is not within the text')
    const removed = this.#text.slice(at, at + remove)
    if (removed === insert) return false
    const edit = { at, removed, insert, now }
    this.#replace(at, removed, insert)
    this.#redo = []
    if (this.#group) this.#group.edits.push(edit)
    else if (this.#joins(edit)) this.#undo.at(-1).edits.push(edit)
    else this.#add({ edits: [edit] })
    this.#joinable = this.#group ? null : edit
    return true
  }

  /** Returns the position of the caret, or null. */
  undo() {
    this.#seal()
    const step = this.#undo.pop()
    if (!step) return null
    this.#revert(step)
    this.#redo.push(step)
    return step.edits[0].at + step.edits[0].removed.length
  }

  /** Returns the position of the caret, or null. */
  redo() {
    this.#seal()
    const step = this.#redo.pop()
    if (!step) return null
    for (const { at, removed, insert } of step.edits) this.#replace(at, removed, insert)
    this.#undo.push(step)
    const last = step.edits.at(-1)
    return last.at + last.insert.length
  }

  save() {
    this.#seal()
    this.#saved = this.#state
  }

  begin() {
    this.#joinable = null
    this.#group ??= { edits: [] }
    this.#depth += 1
  }

  end() {
    this.#requireGroup()
    this.#depth -= 1
    if (this.#depth) return
    const group = this.#group
    this.#group = null
    if (group.edits.length) this.#add(group)
  }

  abort() {
    this.#requireGroup()
    this.#revert(this.#group)
    this.#group = null
    this.#depth = 0
  }

  get #state() {
    return this.#undo.at(-1) ?? this.#base
  }

  #replace(at, removed, insert) {
    this.#text = this.#text.slice(0, at) + insert + this.#text.slice(at + removed.length)
  }

  #revert(step) {
    for (const { at, removed, insert } of [...step.edits].reverse()) {
      this.#replace(at, insert, removed)
    }
  }

  #add(step) {
    this.#undo.push(step)
    if (this.#undo.length > this.#limit) this.#base = this.#undo.shift()
  }

  #joins(edit) {
    const last = this.#joinable
    if (!last || edit.now - last.now > this.#gap) return false
    if (isTyping(last) && isTyping(edit)) return edit.at === last.at + last.insert.length
    if (!isDeletion(last) || !isDeletion(edit)) return false
    return edit.at === last.at || edit.at + edit.removed.length === last.at
  }

  #seal() {
    if (this.#group) throw new Error('a group is open')
    this.#joinable = null
  }

  #requireGroup() {
    if (!this.#group) throw new Error('no group is open')
  }
}

function isTyping({ removed, insert }) {
  return removed === '' && !insert.includes('\n')
}

function isDeletion({ insert }) {
  return insert === ''
}
