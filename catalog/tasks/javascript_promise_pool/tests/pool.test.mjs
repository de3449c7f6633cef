import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { Cancelled, Pool } from '../pool.mjs'

// Each round trip lets the candidate go on by at least one job; more rounds than any test starts at once are enough.
async function flush(pool) {
  for (let round = 0; round < 12; round += 1) {
    await new Promise(setImmediate)
    void pool.running
  }
}

const benches = []

// Leaves no promise open, for which the process of the tests would wait.
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close()
})

// Adds jobs that end when the test says so, and notes what starts and how it ends.
class Bench {
  started = []
  outcomes = {}
  gates = {}

  constructor(capacity) {
    this.pool = new Pool(capacity)
    benches.push(this)
  }

  add(name, options) {
    const gate = resolvers()
    this.gates[name] = gate
    const outcome = this.pool.run(() => {
      this.started.push(name)
      return gate.promise
    }, options)
    outcome.then(
      (value) => (this.outcomes[name] = value),
      (error) => (this.outcomes[name] = error instanceof Cancelled ? ['cancelled', error.lane] : error),
    )
  }

  async finish(name) {
    this.gates[name].resolve(`${name}!`)
    await flush(this.pool)
  }

  async fail(name, error) {
    this.gates[name].reject(error)
    await flush(this.pool)
  }

  get counts() {
    return [this.pool.running, this.pool.waiting, this.pool.free]
  }

  async close() {
    this.pool.resume()
    this.pool.cancel()
    for (const gate of Object.values(this.gates)) gate.resolve()
    await flush(this.pool)
  }
}

function resolvers() {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}

test('outcomes of jobs reach the caller', async () => {
  const pool = new Pool(2)
  const mine = new RangeError('mine')
  assert.equal(await pool.run(() => 7), 7)
  assert.deepEqual(await pool.run(async () => ({ a: [1] })), { a: [1] })
  await assert.rejects(pool.run(async () => { throw mine }), (error) => error === mine)
  await assert.rejects(pool.run(() => { throw mine }), (error) => error === mine)
  assert.deepEqual([pool.running, pool.waiting, pool.free], [0, 0, 2])
})

test('capacity and cost are checked', async () => {
  for (const capacity of [0, -1, 1.5, '3', NaN, undefined]) assert.throws(() => new Pool(capacity), RangeError)
  const bench = new Bench(3)
  for (const cost of [0, -1, 4, 1.5, '2']) assert.throws(() => bench.add('bad', { cost }), RangeError)
  assert.deepEqual(bench.counts, [0, 0, 3])
  bench.add('all', { cost: 3 })
  assert.deepEqual(bench.counts, [1, 0, 0])
  await bench.finish('all')
  assert.deepEqual(bench.outcomes, { all: 'all!' })
  assert.deepEqual(await bench.pool.drain(), { succeeded: 1, failed: 0, cancelled: 0 })
})

test('jobs start at once while they fit, and later in the order in which they were added', async () => {
  const bench = new Bench(2)
  for (const name of 'abcd') bench.add(name)
  assert.deepEqual(bench.started, ['a', 'b'])
  assert.deepEqual(bench.counts, [2, 2, 0])
  await bench.finish('b')
  assert.deepEqual(bench.started, ['a', 'b', 'c'])
  await bench.finish('a')
  assert.deepEqual(bench.started, ['a', 'b', 'c', 'd'])
  assert.deepEqual(bench.counts, [2, 0, 0])
  assert.deepEqual(bench.outcomes, { a: 'a!', b: 'b!' })
})

test('higher priorities start first, equal ones in order', async () => {
  const bench = new Bench(1)
  bench.add('first')
  bench.add('low', { priority: -1 })
  bench.add('x')
  bench.add('high', { priority: 5 })
  bench.add('y', { priority: 0 })
  bench.add('high2', { priority: 5 })
  for (const name of ['first', 'high', 'high2', 'x', 'y']) await bench.finish(name)
  assert.deepEqual(bench.started, ['first', 'high', 'high2', 'x', 'y', 'low'])
})

test('a job that does not fit holds back smaller ones', async () => {
  const bench = new Bench(4)
  bench.add('a', { cost: 2 })
  bench.add('big', { cost: 3 })
  bench.add('small')
  assert.deepEqual(bench.started, ['a'])
  assert.deepEqual(bench.counts, [1, 2, 2])
  bench.add('urgent', { cost: 2, priority: 1 })
  assert.deepEqual(bench.started, ['a', 'urgent'])
  await bench.finish('a')
  assert.deepEqual(bench.started, ['a', 'urgent'])
  await bench.finish('urgent')
  assert.deepEqual(bench.started, ['a', 'urgent', 'big', 'small'])
  assert.deepEqual(bench.counts, [2, 0, 0])
})

test('jobs of a lane run one at a time in their order, whatever their priorities', async () => {
  const bench = new Bench(5)
  bench.add('disk1', { lane: 'disk' })
  bench.add('disk2', { lane: 'disk' })
  bench.add('disk3', { lane: 'disk', priority: 9 })
  bench.add('net1', { lane: 'net' })
  bench.add('free1')
  bench.add('empty1', { lane: '' })
  bench.add('empty2', { lane: '' })
  bench.add('net2', { lane: 'net' })
  assert.deepEqual(bench.started, ['disk1', 'net1', 'free1', 'empty1'])
  await bench.fail('disk1', new Error('full'))
  assert.deepEqual(bench.started.slice(4), ['disk2'])
  await bench.finish('disk2')
  assert.deepEqual(bench.started.slice(4), ['disk2', 'disk3'])
  assert.deepEqual(bench.counts, [4, 2, 1])
  assert.equal(bench.pool.cancel(''), 1)
})

test('a job behind another of its lane holds nothing back', async () => {
  const bench = new Bench(2)
  bench.add('a1', { lane: 'a' })
  bench.add('a2', { lane: 'a', cost: 2, priority: 9 })
  bench.add('other')
  assert.deepEqual(bench.started, ['a1', 'other'])
  await bench.finish('other')
  bench.add('late')
  assert.deepEqual(bench.started, ['a1', 'other', 'late'])
  await bench.finish('a1')
  bench.add('later')
  assert.deepEqual(bench.started, ['a1', 'other', 'late'])
  await bench.finish('late')
  assert.deepEqual(bench.started, ['a1', 'other', 'late', 'a2'])
})

test('cancelling a lane rejects what waits in it and lets others start', async () => {
  const bench = new Bench(3)
  bench.add('a1', { lane: 'a', cost: 2 })
  bench.add('a2', { lane: 'a' })
  bench.add('b1', { lane: 'b', cost: 2 })
  bench.add('b2', { lane: 'b' })
  bench.add('free')
  assert.deepEqual(bench.started, ['a1'])
  assert.equal(bench.pool.cancel('c'), 0)
  assert.equal(bench.pool.cancel('b'), 2)
  assert.deepEqual(bench.started, ['a1', 'free'])
  assert.equal(bench.pool.cancel('a'), 1)
  await bench.finish('a1')
  const cancelled = { b1: ['cancelled', 'b'], b2: ['cancelled', 'b'], a2: ['cancelled', 'a'] }
  assert.deepEqual(bench.outcomes, { ...cancelled, a1: 'a1!' })
  assert.deepEqual(bench.counts, [1, 0, 2])
})

test('cancelling without a lane rejects all that waits', async () => {
  const bench = new Bench(1)
  bench.add('a')
  bench.add('b')
  bench.add('c', { lane: 'x' })
  assert.equal(bench.pool.cancel(), 2)
  assert.deepEqual(bench.counts, [1, 0, 0])
  await bench.finish('a')
  assert.deepEqual(bench.outcomes, { b: ['cancelled', undefined], c: ['cancelled', 'x'], a: 'a!' })
  assert.deepEqual(bench.started, ['a'])
  assert.deepEqual(await bench.pool.drain(), { succeeded: 1, failed: 0, cancelled: 2 })
})

test('a paused pool starts nothing until it is resumed', async () => {
  const bench = new Bench(2)
  bench.add('a')
  bench.pool.pause()
  bench.add('b')
  bench.add('c', { priority: 1 })
  await bench.finish('a')
  assert.equal(bench.pool.cancel('none'), 0)
  assert.deepEqual(bench.started, ['a'])
  assert.deepEqual(bench.counts, [0, 2, 2])
  bench.pool.resume()
  assert.deepEqual(bench.started, ['a', 'c', 'b'])
})

test('drain waits for all jobs, also those added meanwhile', async () => {
  const bench = new Bench(1)
  assert.deepEqual(await bench.pool.drain(), { succeeded: 0, failed: 0, cancelled: 0 })
  const drained = []
  bench.add('a')
  bench.pool.drain().then((totals) => drained.push(totals))
  bench.add('b')
  await bench.finish('a')
  bench.pool.drain().then((totals) => drained.push(totals))
  assert.deepEqual(drained, [])
  bench.pool.pause()
  bench.add('c')
  await bench.fail('b', new Error('broken'))
  assert.deepEqual(drained, [])
  bench.pool.cancel()
  await flush(bench.pool)
  const totals = { succeeded: 1, failed: 1, cancelled: 1 }
  assert.deepEqual(drained, [totals, totals])
  assert.deepEqual(await bench.pool.drain(), totals)
})

test('jobs can add jobs before they return', async () => {
  const bench = new Bench(3)
  const seen = []
  bench.add('a', { cost: 3 })
  const outcome = bench.pool.run(() => {
    seen.push(bench.counts)
    bench.add('inner', { priority: -1 })
    seen.push([...bench.started])
    return 'outer!'
  }, { cost: 2 })
  bench.add('b', { cost: 3, priority: -2 })
  await bench.finish('a')
  assert.equal(await outcome, 'outer!')
  assert.deepEqual(seen, [[1, 1, 1], ['a', 'inner']])
  assert.deepEqual(bench.counts, [1, 1, 2])
  await bench.finish('inner')
  assert.deepEqual(bench.started, ['a', 'inner', 'b'])
})

test('a job can pause the pool before the next one starts', async () => {
  const bench = new Bench(2)
  bench.add('a', { cost: 2 })
  const outcome = bench.pool.run(() => bench.pool.pause())
  bench.add('b')
  await bench.finish('a')
  assert.equal(await outcome, undefined)
  assert.deepEqual(bench.started, ['a'])
  bench.pool.resume()
  assert.deepEqual(bench.started, ['a', 'b'])
})

// The same by the letter of the task: jobs are plain records, and nothing is remembered between two looks.
class Model {
  constructor(capacity) {
    Object.assign(this, { capacity, jobs: [], order: [], paused: false })
  }

  with(state) {
    return this.jobs.filter((job) => job.state === state)
  }

  get free() {
    return this.capacity - this.with('running').reduce((sum, job) => sum + job.cost, 0)
  }

  ready() {
    const held = (job) => this.jobs.some((other) => other !== job && other.lane === job.lane &&
      (other.state === 'running' || (other.state === 'waiting' && other.number < job.number)))
    const ready = this.with('waiting').filter((job) => job.lane === undefined || !held(job))
    return ready.sort((a, b) => b.priority - a.priority || a.number - b.number)[0]
  }

  look() {
    for (let job = this.ready(); !this.paused && job && job.cost <= this.free; job = this.ready()) {
      job.state = 'running'
      this.order.push(job.name)
    }
  }
}

function randomNumbers(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('many random schedules agree with a plain model', async () => {
  for (let seed = 1; seed <= 6; seed += 1) {
    const random = randomNumbers(seed)
    const [bench, model] = [new Bench(4), new Model(4)]
    for (let step = 0; step < 50; step += 1) {
      const action = random(20)
      const running = model.with('running')
      if (action < 10) {
        const options = { cost: 1 + random(3), priority: random(3), lane: [undefined, undefined, 'p', 'q'][random(4)] }
        const number = model.jobs.length
        bench.add(`j${number}`, options)
        model.jobs.push({ number, name: `j${number}`, state: 'waiting', ...options })
      } else if (action < 17 && running.length) {
        const job = running[random(running.length)]
        job.state = action < 15 ? 'succeeded' : 'failed'
        await (action < 15 ? bench.finish(job.name) : bench.fail(job.name, new Error(job.name)))
      } else if (action === 17) {
        const lane = ['p', 'q', undefined][random(3)]
        const hit = model.with('waiting').filter((job) => lane === undefined || job.lane === lane)
        for (const job of hit) job.state = 'cancelled'
        assert.equal(bench.pool.cancel(lane), hit.length)
      } else if (action > 17) {
        model.paused = action === 18
        if (model.paused) bench.pool.pause()
        else bench.pool.resume()
      }
      model.look()
      assert.deepEqual(bench.started, model.order)
      assert.deepEqual(bench.counts, [model.with('running').length, model.with('waiting').length, model.free])
    }
    await flush(bench.pool)
    for (const job of model.jobs) {
      const outcome = bench.outcomes[job.name]
      if (job.state === 'succeeded') assert.equal(outcome, `${job.name}!`)
      else if (job.state === 'failed') assert.equal(outcome.message, job.name)
      else if (job.state === 'cancelled') assert.deepEqual(outcome, ['cancelled', job.lane])
      else assert.equal(outcome, undefined)
    }
  }
})
