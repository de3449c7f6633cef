// The program of the candidate's sandbox: imports the submitted modules, executes requests on them and answers with
// data. Submitted code shares this process and may change all of it; all that it gains is control over its own answers.
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { encodeChanges, snapshot } from './argument_changes.mjs'
import { Channel } from '../channel.mjs'
import { Decoder, Encoder, Memo } from '../codec.mjs'
import { References } from './host_references.mjs'
import { openPage } from './page.mjs'

const [workspace, source, sink] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]

class Host {
  #channel = new Channel(source, sink, (line) => this.#handle(line))
  #references = new References(this)
  #answers = new Map()
  #questions = 0

  serve() {
    this.#channel.keepAlive(true)
  }

  // Uses an object of the tests, which wait for requests and answers alike.
  callBack(operation, number, ...parts) {
    this.#questions += 1
    const question = this.#questions
    const encoder = this.encoder(new Memo())
    this.#send(['k', question, operation, number, ...parts.map((part) => encoder.value(part))])
    while (!this.#answers.has(question)) this.#handle(this.#channel.take())
    const [ok, encoded] = this.#answers.get(question)
    this.#answers.delete(question)
    const value = this.decoder(new Memo()).value(encoded)
    if (ok) return value
    throw value
  }

  // Tells the tests how a promise that they have has ended.
  settle(number, ok, value) {
    const [kind, , encoded] = this.#reply(number, ok, value, new Memo(), [])
    this.#send(['s', number, kind === 'r' ? 1 : 0, encoded])
  }

  encoder(memo) {
    return new Encoder(memo, this.#references.isReference, this.#references.encode)
  }

  decoder(memo) {
    return new Decoder(memo, this.#references.decode)
  }

  #handle(line) {
    if (line === null) process.exit(0)
    const frame = JSON.parse(line)
    if (frame[0] === 'q') this.#answer(...frame.slice(1))
    else if (frame[0] === 'a') this.#answers.set(frame[1], frame.slice(2))
    else if (frame[0] === 's') this.#references.settle(frame[1], frame[2] === 1, this.decoder(new Memo()).value(frame[3]))
  }

  #answer(number, operation, encoded) {
    const memo = new Memo()
    let before = []
    const reply = (ok, value) => this.#send(this.#reply(number, ok, value, memo, before))
    try {
      const given = this.decoder(memo).value(encoded)
      before = snapshot(memo)
      const value = OPERATIONS[operation](...given)
      if (ASYNCHRONOUS.has(operation)) value.then((result) => reply(true, result), (error) => reply(false, error))
      else reply(true, value)
    } catch (error) {
      reply(false, error)
    }
  }

  #reply(number, ok, value, memo, before) {
    const encoder = this.encoder(memo)
    try {
      return [ok ? 'r' : 'e', number, encoder.value(value), encodeChanges(memo, before, encoder)]
    } catch (error) {
      return ['e', number, this.encoder(new Memo()).value(new TypeError(String(error?.message))), []]
    }
  }

  #send(frame) {
    this.#channel.send(JSON.stringify(frame))
  }
}

const file = (relative) => path.join(workspace, relative)
const requireFile = createRequire(file('tests/requiring.cjs'))
const importFile = (relative) => import(pathToFileURL(file(relative)).href)

// The names that static imports can bind.
async function names(relative) {
  return Object.keys(await importFile(relative))
}

async function resolve(kind, relative, properties) {
  let value = kind === 'require' ? requireFile(file(relative)) : await importFile(relative)
  for (const property of properties) value = value[property]
  return value
}

const ASYNCHRONOUS = new Set(['names', 'resolve', 'open'])
const OPERATIONS = {
  names,
  resolve,
  open: (relative) => openPage(workspace, relative),
  get: (target, name) => target[name],
  set: (target, name, value) => Reflect.set(target, name, value),
  delete: (target, name) => Reflect.deleteProperty(target, name),
  has: (target, name) => name in target,
  call: (target, self, given) => Reflect.apply(target, self, given),
  new: (target, given) => Reflect.construct(target, given),
  invoke: (target, name, given) => target[name](...given),
  instance: (target, value) => Function.prototype[Symbol.hasInstance].call(target, value),
  iterate: (target) => target[Symbol.iterator](),
  iterateAsync: (target) => target[Symbol.asyncIterator](),
  next: (iterator) => step(iterator.next()),
  nextAsync: async (iterator) => step(await iterator.next()),
  return: (iterator) => void iterator.return?.(),
  string: (target) => String(target),
}

function step(result) {
  return result.done ? [] : [result.value]
}

new Host().serve()
