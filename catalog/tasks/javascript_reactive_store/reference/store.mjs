const MAX_ROUNDS = 100

/** `code` says what is wrong: exists, unknown, readonly, computing, cycle or unstable. */
export class StoreError extends Error {
  name = 'StoreError'

  constructor(code, message, details = {}) {
    super(message)
    this.code = code
    Object.assign(this, details)
  }
}

/** Named cells that hold values or compute them from other cells. */
export class Store {
  #cells = new Map()
  #epoch = 0
  #computing = []
  #watchers = new Set()
  #held = 0

  /** Defines a cell with a value. */
  cell(name, value) {
    this.#define(name, { value })
  }

  /** Defines a cell whose value is compute(get). */
  computed(name, compute) {
    this.#define(name, { compute, value: undefined, reads: null, checked: -1 })
  }

  get(name) {
    const cell = this.#find(name)
    if (cell.compute) this.#refresh(name, cell)
    return cell.value
  }

  set(name, value) {
    this.#refuseWhileComputing()
    const cell = this.#find(name)
    if (cell.compute) throw new StoreError('readonly', `${name} is computed`)
    if (Object.is(cell.value, value)) return
    cell.value = value
    this.#epoch += 1
    this.#notify()
  }

  /** Calls listener(value, previous) after changes; returns a function that ends this. */
  watch(name, listener) {
    const watcher = { name, listener, value: this.get(name) }
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** Calls the action and returns its result; listeners are called after it. */
  batch(action) {
    this.#refuseWhileComputing()
    this.#held += 1
    let result
    try {
      result = action()
    } catch (error) {
      this.#held -= 1
      try {
        this.#notify()
      } catch {
        // The action's own error matters more than those of listeners.
      }
      throw error
    }
    this.#held -= 1
    this.#notify()
    return result
  }

  #define(name, cell) {
    if (this.#cells.has(name)) throw new StoreError('exists', `${name} exists`)
    this.#cells.set(name, cell)
  }

  #find(name) {
    const cell = this.#cells.get(name)
    if (!cell) throw new StoreError('unknown', `no cell ${name}`)
    return cell
  }

  #refuseWhileComputing() {
    if (this.#computing.length) throw new StoreError('computing', `not while ${this.#computing.at(-1)} is computed`)
  }

  #refresh(name, cell) {
    const start = this.#computing.indexOf(name)
    if (start >= 0) {
      const path = [...this.#computing.slice(start), name]
      throw new StoreError('cycle', `cycle: ${path.join(' > ')}`, { path })
    }
    if (cell.checked === this.#epoch) return
    this.#computing.push(name)
    try {
      if (!cell.reads || this.#haveChanged(cell.reads)) this.#compute(cell)
      cell.checked = this.#epoch
    } finally {
      this.#computing.pop()
    }
  }

  // In the order of reading, because later reads may have depended on the values of earlier ones.
  #haveChanged(reads) {
    for (const [name, value] of reads) {
      try {
        if (!Object.is(this.get(name), value)) return true
      } catch {
        return true
      }
    }
    return false
  }

  #compute(cell) {
    cell.reads = null
    const reads = new Map()
    cell.value = cell.compute((name) => {
      const value = this.get(name)
      reads.set(name, value)
      return value
    })
    cell.reads = reads
  }

  #notify() {
    if (this.#held) return
    this.#held += 1
    const errors = []
    try {
      for (let round = 0; this.#round(errors, round >= MAX_ROUNDS); round += 1);
    } finally {
      this.#held -= 1
    }
    if (errors.length) throw errors[0]
  }

  // Whether a listener was called.
  #round(errors, isTooMany) {
    let called = false
    for (const watcher of [...this.#watchers]) {
      if (!this.#watchers.has(watcher)) continue
      const { name, listener, value: previous } = watcher
      let value
      try {
        value = this.get(name)
      } catch {
        continue
      }
      if (Object.is(value, previous)) continue
      if (isTooMany) throw new StoreError('unstable', `listeners keep changing ${name}`)
      watcher.value = value
      called = true
      try {
        listener(value, previous)
      } catch (error) {
        errors.push(error)
      }
    }
    return called
  }
}
