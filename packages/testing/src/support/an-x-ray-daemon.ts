// Where the X-Ray SDK sends its documents: what arrives at a real socket, and not what the SDK says of itself.
import { createSocket } from "node:dgram";
import { once } from "node:events";

export interface XRayDocument {
  readonly name: string;
  readonly id: string;
  readonly parent_id?: string;
  readonly trace_id?: string;
  readonly namespace?: string;
  readonly in_progress?: boolean;
  readonly fault?: boolean;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly cause?: { readonly exceptions: readonly Readonly<Record<string, unknown>>[] };
  readonly subsegments?: readonly XRayDocument[];
}

export interface XRayDaemon {
  /** For AWS_XRAY_DAEMON_ADDRESS. */
  readonly address: string;
  /** All that came since it was asked the last time, once there are as many. */
  documents(count: number): Promise<XRayDocument[]>;
  stop(): void;
}

/** A document that has not come by then never will: it stays on this machine. */
const waitMs = 10_000;

export async function anXRayDaemon(): Promise<XRayDaemon> {
  const received: XRayDocument[] = [];
  const socket = createSocket("udp4", (packet) => {
    const [, document = ""] = packet.toString("utf8").split("\n"); // the line before names the format
    received.push(JSON.parse(document));
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");

  return {
    address: `127.0.0.1:${socket.address().port}`,
    async documents(count) {
      for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate); // reads what is there already
      const signal = AbortSignal.timeout(waitMs);
      while (received.length < count) await once(socket, "message", { signal });
      return received.splice(0);
    },
    stop: () => void socket.close(),
  };
}
