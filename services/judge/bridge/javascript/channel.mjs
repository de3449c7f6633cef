// Lines to and from the other side of the bridge. `take` blocks the thread; `onLine` is called between tasks.
import fs from 'node:fs'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'

const { writeSync } = fs
const { load, wait } = Atomics

export class Channel {
  #port
  #counter = new Int32Array(new SharedArrayBuffer(4))
  #sink

  // `source` and `sink` are descriptors; `onLine` gets null at the end.
  constructor(source, sink, onLine) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#sink = sink
    const worker = new Worker(new URL('./reader.mjs', import.meta.url), {
      execArgv: [],
      workerData: { descriptor: source, port: port2, counter: this.#counter },
      transferList: [port2],
    })
    worker.unref()
    port1.on('message', onLine)
    port1.unref()
  }

  // Whether lines that may come keep the process alive.
  keepAlive(alive) {
    if (alive) this.#port.ref()
    else this.#port.unref()
  }

  send(line) {
    let data = Buffer.from(`${line}\n`, 'utf8')
    while (data.length) data = data.subarray(writeSync(this.#sink, data))
  }

  // The next line, null at the end, or undefined if none came by the deadline (milliseconds of performance.now()).
  take(deadline = Infinity) {
    for (;;) {
      const seen = load(this.#counter, 0)
      const received = receiveMessageOnPort(this.#port)
      if (received) return received.message
      const left = deadline - clock()
      if (left <= 0) return undefined
      wait(this.#counter, 0, seen, left)
    }
  }
}

// Milliseconds of a clock that tests cannot mock.
export const clock = performance.now.bind(performance)
