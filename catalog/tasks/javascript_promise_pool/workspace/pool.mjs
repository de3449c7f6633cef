/** The error of jobs that were cancelled before they started; `lane` is the job's lane. */
export class Cancelled extends Error {
  constructor(lane) {
    super('not implemented')
    this.lane = lane
  }
}

/** Runs asynchronous jobs with a limited capacity. */
export class Pool {
  constructor(capacity) {
    throw new Error('not implemented')
  }

  /** Adds a job; returns a promise for its outcome. */
  run(job, { cost = 1, priority = 0, lane } = {}) {
    throw new Error('not implemented')
  }

  /** Cancels the waiting jobs of a lane, or all of them; returns how many. */
  cancel(lane) {
    throw new Error('not implemented')
  }

  pause() {
    throw new Error('not implemented')
  }

  resume() {
    throw new Error('not implemented')
  }

  /** Returns a promise for {succeeded, failed, cancelled} once the pool is idle. */
  drain() {
    throw new Error('not implemented')
  }

  get running() {
    throw new Error('not implemented')
  }

  get waiting() {
    throw new Error('not implemented')
  }

  get free() {
    throw new Error('not implemented')
  }
}
