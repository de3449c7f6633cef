// Follows Assay's facts over NATS and appends each once to a file, as one line of JSON.
//
//     assay consumers token billing --out billing.env
//     node follow.mjs billing.env facts.jsonl
//
// Needs `npm install`. It can be interrupted at any moment, in any way, and started again with the same files.

import { existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const [settingsFile, outputFile] = process.argv.slice(2);
const lines = (file) => (existsSync(file) ? readFileSync(file, "utf8").split("\n") : [""]);
const settings = Object.fromEntries(lines(settingsFile).map((line) => line.split(/=(.*)/s)));
const user = settings.ASSAY_NATS_USER;

const complete = lines(outputFile).slice(0, -1); // without a last line that was cut off
const written = new Set(complete.map((line) => JSON.parse(line).id));
const output = openSync(outputFile, "a");
truncateSync(outputFile, complete.reduce((bytes, line) => bytes + Buffer.byteLength(line) + 1, 0));

const connection = await connect({
  servers: settings.ASSAY_NATS_URL.replace("nats://", ""),
  user,
  pass: settings.ASSAY_NATS_PASSWORD,
  inboxPrefix: `_INBOX_${user}`, // the only subjects that this login may subscribe to
  waitOnFirstConnect: true,
  maxReconnectAttempts: -1,
  pingInterval: 5000,
});
const facts = jetstream(connection, { apiPrefix: "assay.api" });

while (!connection.isClosed()) {
  try {
    const consumer = await facts.consumers.get("ASSAY_FACTS", user);
    for await (const message of await consumer.consume({ max_messages: 100 })) {
      const { id } = message.json();
      if (!written.has(id)) { // delivery is at least once
        writeSync(output, `${message.string()}\n`);
        fsyncSync(output);
        written.add(id);
      }
      message.ack(); // only now, because an acknowledged fact is not delivered again
    }
  } catch {
    await sleep(500); // disconnected
  }
}
