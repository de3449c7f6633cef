/** `code` says what is wrong: exists, unknown, readonly, computing, cycle or unstable. */
export class StoreError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/** Named cells that hold values or compute them from other cells. */
export class Store {
  /** Defines a cell with a value. */
  cell(name, value) {
    throw new Error('not implemented')
  }

  /** Defines a cell whose value is compute(get). */
  computed(name, compute) {
    throw new Error('not implemented')
  }

  get(name) {
    throw new Error('not implemented')
  }

  set(name, value) {
    throw new Error('not implemented')
  }

  /** Calls listener(value, previous) after changes; returns a function that ends this. */
  watch(name, listener) {
    throw new Error('not implemented')
  }

  /** Calls the action and returns its result; listeners are called after it. */
  batch(action) {
    throw new Error('not implemented')
  }
}
