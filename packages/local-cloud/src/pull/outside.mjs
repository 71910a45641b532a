// Loaded before a handler: connections to anything but the given ports of this machine fail, or are only noted.
//
//   Plain JavaScript, like bootstrap.mjs. Each such connection is a line of its own on standard error.

import dgram from "node:dgram";
import net from "node:net";

const asked = new URL(import.meta.url).searchParams;
const ports = new Set(asked.get("ports")?.split(","));
const isAllowed = asked.get("allowed") === "true";
const { connect } = net.Socket.prototype;

net.Socket.prototype.connect = function connectWithin(...args) {
  const { host = "localhost", port, path } = placeIn(args);
  if (!path && host === "127.0.0.1" && ports.has(String(port))) return connect.apply(this, args);
  const place = path || `${host}:${port}`;
  note(place);
  if (isAllowed) return connect.apply(this, args);
  process.nextTick(() => this.destroy(refusal(place)));
  return this;
};

for (const name of isAllowed ? [] : ["send", "connect"]) {
  dgram.Socket.prototype[name] = function refuse() {
    note("a datagram");
    throw refusal("a datagram");
  };
}

/** As `net.connect` has put them in order, or as a caller of `connect` gives them. */
function placeIn([first, second]) {
  if (Array.isArray(first)) return first[0];
  if (typeof first === "object") return first;
  return typeof first === "number" ? { port: first, host: second } : { path: first };
}

function refusal(place) {
  const message = `${place} is outside of this run: dlq pull --allow-effects lets handlers really call it`;
  return Object.assign(new Error(message), { name: "OutsideRefused", code: "EACCES" });
}

function note(place) {
  process.stderr.write(`${JSON.stringify({ outside: place, allowed: isAllowed })}\n`);
}
