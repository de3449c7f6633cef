/** The error of jobs that were cancelled before they started; `lane` is the job's lane. */
export class Cancelled extends Error {
  name = 'Cancelled'

  constructor(lane) {
    super(lane === undefined ? 'cancelled' : `cancelled in lane ${lane}`)
    this.lane = lane
  }
}

/** Runs asynchronous jobs with a limited capacity. */
export class Pool {
  #capacity
  #free
  #waiting = []
  #running = new Set()
  #paused = false
  #totals = { succeeded: 0, failed: 0, cancelled: 0 }
  #drains = []

  constructor(capacity) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError('the capacity must be a positive integer')
    this.#capacity = this.#free = capacity
  }

  get running() {
    return this.#running.size
  }

  get waiting() {
    return this.#waiting.length
  }

  get free() {
    return this.#free
  }

  /** Adds a job; returns a promise for its outcome. */
  run(job, { cost = 1, priority = 0, lane } = {}) {
    if (!Number.isInteger(cost) || cost < 1 || cost > this.#capacity) {
      throw new RangeError(`the cost must be an integer from 1 to ${this.#capacity}`)
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, cost, priority, lane, resolve, reject })
      this.#startAll()
    })
  }

  /** Cancels the waiting jobs of a lane, or all of them; returns how many. */
  cancel(lane) {
    const cancelled = this.#waiting.filter((entry) => lane === undefined || entry.lane === lane)
    this.#waiting = this.#waiting.filter((entry) => !cancelled.includes(entry))
    this.#totals.cancelled += cancelled.length
    for (const entry of cancelled) entry.reject(new Cancelled(entry.lane))
    this.#startAll()
    this.#reportIdle()
    return cancelled.length
  }

  pause() {
    this.#paused = true
  }

  resume() {
    this.#paused = false
    this.#startAll()
  }

  /** Returns a promise for {succeeded, failed, cancelled} once the pool is idle. */
  drain() {
    return new Promise((resolve) => {
      this.#drains.push(resolve)
      this.#reportIdle()
    })
  }

  #startAll() {
    while (!this.#paused) {
      const next = this.#next()
      if (!next || next.cost > this.#free) return
      this.#start(next)
    }
  }

  #next() {
    const blocked = new Set([...this.#running].map((entry) => entry.lane))
    let next
    for (const entry of this.#waiting) {
      if (entry.lane !== undefined) {
        if (blocked.has(entry.lane)) continue
        blocked.add(entry.lane)
      }
      if (!next || entry.priority > next.priority) next = entry
    }
    return next
  }

  #start(entry) {
    this.#waiting.splice(this.#waiting.indexOf(entry), 1)
    this.#running.add(entry)
    this.#free -= entry.cost
    const outcome = new Promise((resolve) => resolve(entry.job()))
    outcome.then(
      (value) => this.#finish(entry, 'succeeded', () => entry.resolve(value)),
      (error) => this.#finish(entry, 'failed', () => entry.reject(error)),
    )
  }

  #finish(entry, outcome, settle) {
    this.#running.delete(entry)
    this.#free += entry.cost
    this.#totals[outcome] += 1
    settle()
    this.#startAll()
    this.#reportIdle()
  }

  #reportIdle() {
    if (this.#running.size || this.#waiting.length) return
    for (const resolve of this.#drains.splice(0)) resolve({ ...this.#totals })
  }
}
