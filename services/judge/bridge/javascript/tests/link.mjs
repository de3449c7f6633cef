// The tests' end of the bridge: requests to the candidate with a time limit each, and validation of its answers.
// Every line has a prefix. Sent: `>` to the candidate, `=` a test's result, `!` restart the candidate, `$` run a
// program, `?` read a file, `%` CPU time. Received: `<` from the candidate, `^` restarted, `x` the candidate ended,
// `$`, `?` and `%` the judge's answers.
import { Channel, clock } from '../channel.mjs'
import { Decoder, Encoder, Malformed, Memo } from '../codec.mjs'
import { Callbacks } from './callbacks.mjs'
import { builtInClass, CandidateDied, makeError } from './candidate_errors.mjs'
import { handleOf, makeProxy } from './proxies.mjs'

const MAX_TIMEOUTS = 3
const MAX_GENERATIONS = 25
// The judge ends a call that takes too long. It allows more time while the host is busy, at most this factor.
const PATIENCE = 10
const RESTART_MILLISECONDS = PATIENCE * 30_000
const MAX_ERROR = 300
const { setTimeout, clearTimeout } = globalThis
const { parse, stringify } = JSON
const PromiseClass = Promise

export class Link {
  #channel
  #callbacks = new Callbacks(this)
  #milliseconds
  #replies = new Map()
  #promises = new Map()
  #proxies = new Map()
  #requests = 0
  #dead = ''
  #timeouts = 0
  generation = 0
  deaths = 0
  lastDeath = ''

  constructor(source, sink, callSeconds) {
    this.#milliseconds = callSeconds * 1000
    this.#channel = new Channel(source, sink, (line) => this.#receive(line))
  }

  // --- requests of proxies and tests

  request(operation, given) {
    this.#ensureAlive()
    return this.#exchange(operation, given)
  }

  // A submitted module, or an export of it, which can be found again after a restart.
  imported(kind, path, properties) {
    const value = this.request('resolve', [kind, path, properties])
    const handle = handleOf(value)
    if (handle) handle.path = [kind, path, properties]
    return value
  }

  // Fails the current test even if it catches the error.
  failed(reason) {
    this.deaths += 1
    this.lastDeath = reason
    return new CandidateDied(reason)
  }

  // A request to the judge's own process, which the candidate can never answer.
  askJudge(kind, question, seconds) {
    this.#channel.send(kind + stringify(question))
    const deadline = clock() + PATIENCE * seconds * 1000
    for (;;) {
      const line = this.#line(deadline)
      if (line[0] === kind) return parse(line.slice(1))
      this.#receive(line)
    }
  }

  report(record) {
    const error = record.error.replace(/\p{C}/gu, '?').slice(0, MAX_ERROR)
    this.#channel.send(`=${stringify({ ...record, error })}`)
  }

  // Whether events of the candidate keep this process alive: while a test waits, and nothing else does.
  keepAlive(alive) {
    this.#channel.keepAlive(alive)
  }

  restartIfDead() {
    if (!this.#dead || this.#timeouts >= MAX_TIMEOUTS || this.generation >= MAX_GENERATIONS) return
    this.#channel.send('!')
    const deadline = clock() + RESTART_MILLISECONDS
    while (this.#line(deadline) !== '^');
    this.generation += 1
    this.#dead = ''
    this.#proxies.clear()
    this.#replies.clear()
  }

  // Tells the candidate how a promise that it got has ended.
  settle(number, ok, value) {
    if (!this.#dead) this.#sendFrame(['s', number, ok, this.#encoder(new Memo()).value(value)])
  }

  // Finds again what belongs to an earlier generation, if it was imported.
  refresh(handle) {
    if (handle.generation === this.generation) return handle
    if (!handle.path) throw new CandidateDied('this object belonged to an earlier candidate process, which has ended')
    const found = handleOf(this.#exchange('resolve', handle.path))
    if (!found) throw new CandidateDied('an imported object does not exist in the restarted candidate')
    handle.number = found.number
    handle.generation = this.generation
    return handle
  }

  // --- one exchange

  #exchange(operation, given) {
    const memo = new Memo()
    const encoded = this.#encoder(memo).value(given)
    const count = memo.items.length
    this.#requests += 1
    const number = this.#requests
    this.#sendFrame(['q', number, operation, encoded])
    const frame = this.#reply(number)
    return this.#validated(() => {
      const decoder = this.#decoder(memo)
      const value = decoder.value(frame[2])
      this.#applyChanges(frame[3], memo, count, decoder)
      if (frame[0] === 'r') return value
      throw new Raised(value)
    })
  }

  #reply(number) {
    let deadline = clock() + PATIENCE * this.#milliseconds
    while (!this.#replies.has(number)) {
      this.#ensureAlive()
      const line = this.#line(deadline)
      const started = clock()
      this.#receive(line)
      deadline += clock() - started
    }
    const frame = this.#replies.get(number)
    this.#replies.delete(number)
    return frame
  }

  #applyChanges(changes, memo, count, decoder) {
    if (!Array.isArray(changes)) throw new Malformed('not a list of changes')
    for (const [number, content] of changes) {
      if (!Number.isInteger(number) || number < 0 || number >= count) throw new Malformed('not an argument')
      decoder.refill(memo.items[number], content)
    }
  }

  #validated(decode) {
    try {
      return decode()
    } catch (error) {
      if (error instanceof Raised) throw error.value
      if (error instanceof CandidateDied) throw error
      throw this.#markDead(`the candidate violated the bridge's protocol: ${error.message}`)
    }
  }

  // --- lines

  #line(deadline) {
    const line = this.#channel.take(deadline)
    if (line === null) process.exit(70)
    if (line !== undefined) return line
    throw this.#markDead(`the candidate did not answer within ${(PATIENCE * this.#milliseconds) / 1000} s`)
  }

  #receive(line) {
    if (line === null) process.exit(70)
    if (line[0] === 'x') this.#markDead(`the candidate ended: ${parse(line.slice(1))}`)
    else if (line[0] === '<' && !this.#dead) this.#validated(() => this.#frame(parse(line.slice(1))))
  }

  #frame(frame) {
    if (!Array.isArray(frame)) throw new Malformed('not a frame')
    const [kind, number] = frame
    if ((kind === 'r' || kind === 'e') && Number.isInteger(number)) this.#replies.set(number, frame)
    else if (kind === 's') this.#settled(number, frame[2] === 1, this.#decoder(new Memo()).value(frame[3]))
    else if (kind === 'k') this.#callBack(number, ...frame.slice(2))
    else throw new Malformed('an unknown frame')
  }

  #callBack(question, operation, number, ...encoded) {
    const decoder = this.#decoder(new Memo())
    const parts = encoded.map((part) => decoder.value(part))
    let answer
    try {
      answer = [1, this.#encoder(new Memo()).value(this.#callbacks.execute(operation, number, ...parts))]
    } catch (error) {
      if (error instanceof CandidateDied) throw error
      answer = [0, this.#encoder(new Memo()).value(error)]
    }
    this.#sendFrame(['a', question, ...answer])
  }

  // --- promises of the candidate

  #promise(number) {
    if (!Number.isInteger(number)) throw new Malformed('not the number of a promise')
    if (!this.#promises.has(number)) this.#promises.set(number, this.#pending())
    return this.#promises.get(number).promise
  }

  #pending() {
    const pending = {}
    pending.promise = new PromiseClass((resolve, reject) => Object.assign(pending, { resolve, reject }))
    this.#limit(pending, PATIENCE)
    return pending
  }

  // A promise that is not settled in time gets its time again while the candidate lacks a CPU, at most so many times.
  #limit(pending, extensions) {
    pending.timer = setTimeout(() => {
      if (extensions > 0 && !this.#dead && this.askJudge('~', null, RESTART_MILLISECONDS / 1000)) {
        this.#limit(pending, extensions - 1)
        return
      }
      this.#timeouts += 1
      this.#markDead(`the candidate's promise was not settled within ${this.#milliseconds / 1000} s`)
    }, this.#milliseconds)
  }

  #settled(number, ok, value) {
    const pending = this.#promises.get(number) ?? this.#pending()
    clearTimeout(pending.timer)
    this.#promises.set(number, pending)
    if (ok) pending.resolve(value)
    else pending.reject(value)
  }

  // --- values

  #encoder(memo) {
    return new Encoder(memo, (value) => handleOf(value) !== undefined, this.#callbacks.encode)
  }

  #decoder(memo) {
    return new Decoder(memo, (tag, rest, decoder, depth) => this.#decodeReference(tag, rest, decoder, depth))
  }

  #decodeReference(tag, rest, decoder, depth) {
    const [number] = rest
    if (tag === 'C') return this.#callbacks.item(number)
    if (tag === 'p') return this.#promise(number)
    if (!Number.isInteger(number)) throw new Malformed('not a number')
    if (tag === 'X') return this.#error(rest, decoder, depth)
    if (tag === 'x') return this.#proxy(number, { kind: 'f', label: rest[1], iterable: 0, built: builtInClass(rest[2]) && rest[2] })
    if (tag !== 'h' || !['f', 'o'].includes(rest[1])) throw new Malformed('an unknown tag')
    return this.#proxy(number, { kind: rest[1], label: String(rest[2]).slice(0, 200), iterable: Number(rest[3]) })
  }

  // The same proxy for the same object.
  #proxy(number, details) {
    const known = this.#proxies.get(number)?.deref()
    if (known) return known
    const made = makeProxy(this, number, this.generation, details)
    this.#proxies.set(number, new WeakRef(made))
    return made
  }

  #error([number, lineage, built, name, message, properties], decoder, depth) {
    const isText = typeof name === 'string' && typeof message === 'string'
    if (!isText || !Array.isArray(lineage) || !Array.isArray(properties)) throw new Malformed('not an error')
    const decoded = properties.map(([key, value]) => [key, decoder.value(value, depth + 1)])
    const origin = { number, generation: this.generation, path: null }
    return makeError({ built, name: name.slice(0, 200), message, lineage, origin, properties: decoded })
  }

  // --- the candidate's generations

  #ensureAlive() {
    if (this.#dead) throw this.failed(this.#dead)
  }

  #markDead(reason) {
    if (!this.#dead) {
      this.#dead = this.lastDeath = reason
      this.deaths += 1
    }
    const died = new CandidateDied(reason)
    for (const pending of this.#promises.values()) {
      clearTimeout(pending.timer)
      pending.promise.catch(() => {})
      pending.reject(died)
    }
    this.#promises.clear()
    return died
  }

  #sendFrame(frame) {
    this.#channel.send(`>${stringify(frame)}`)
  }
}

// An error that the candidate raised, on its way through the validation of the frame that brings it.
class Raised {
  constructor(value) {
    this.value = value
  }
}
