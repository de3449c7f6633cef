// A worker thread that reads lines from a descriptor, so that the main thread can both wait for one and be told of one.
import net from 'node:net'
import { workerData } from 'node:worker_threads'

const { descriptor, port, counter } = workerData
let rest = []

function deliver(line) {
  port.postMessage(line)
  Atomics.add(counter, 0, 1)
  Atomics.notify(counter, 0)
}

function read(chunk) {
  let start = 0
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
    rest.push(chunk.subarray(start, end))
    deliver(Buffer.concat(rest).toString('utf8'))
    rest = []
    start = end + 1
  }
  if (start < chunk.length) rest.push(chunk.subarray(start))
}

new net.Socket({ fd: descriptor, readable: true, writable: false })
  .on('data', read)
  .on('error', () => deliver(null))
  .on('end', () => deliver(null))
