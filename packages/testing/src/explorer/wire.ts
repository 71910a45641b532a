// The shortest way to the engines: JSON over connections that stay open. Calls of explored processes use it below the
// gate, where no fault is injected any more; the explorer's own calls use it from the start.
import { connect, type Socket } from "node:net";

export interface WireRequest {
  readonly hostname: string;
  readonly port: number;
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export interface WireAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Line {
  readonly socket: Socket;
  answered: ((answer: WireAnswer) => void) | undefined;
  broken: ((cause: Error) => void) | undefined;
}

const idle = new Map<string, Line[]>();

/** One request and its answer. @throws Error when the connection breaks */
export function exchange({ hostname, port, path = "/", headers, body }: WireRequest): Promise<WireAnswer> {
  const place = `${hostname}:${port}`;
  const free = idle.get(place) ?? [];
  idle.set(place, free);
  const line = free.pop() ?? openLine({ hostname, port }, free);
  return new Promise((resolve, reject) => {
    line.broken = reject;
    line.answered = function answered(answer) {
      line.answered = undefined;
      line.broken = undefined;
      free.push(line);
      resolve(answer);
    };
    line.socket.write(textOf({ hostname, port, path, headers, body }));
  });
}

function textOf({ hostname, port, path, headers, body }: Required<WireRequest>): string {
  const bytes = typeof body === "string" ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString("utf8");
  let head = `POST ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (name !== "host" && name !== "content-length") head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n${text}`;
}

/** Closes the connections to engines that are about to end. */
export function closeWires(): void {
  for (const { socket } of [...idle.values()].flat()) socket.destroy();
  idle.clear();
}

/** An engine closes what was idle for some seconds: such a line leaves the free ones. */
function openLine({ hostname, port }: Pick<WireRequest, "hostname" | "port">, free: Line[]): Line {
  const socket = connect({ host: hostname, port, noDelay: true });
  const line: Line = { socket, answered: undefined, broken: undefined };
  let received: Buffer = Buffer.alloc(0);
  socket.on("data", function read(chunk) {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = answerIn(received);
    if (answer === undefined) return;
    received = Buffer.alloc(0);
    line.answered?.(answer);
  });
  socket.on("error", (cause) => line.broken?.(cause));
  socket.on("close", () => {
    const place = free.indexOf(line);
    if (place >= 0) free.splice(place, 1);
    line.broken?.(new Error(`the engine at port ${port} closed the connection`));
  });
  return line;
}

const headEnd = "\r\n\r\n";

/** Undefined as long as it is not whole. The engines say how long it is. */
function answerIn(received: Buffer): WireAnswer | undefined {
  const headLength = received.indexOf(headEnd);
  if (headLength === -1) return undefined;
  const [status = "", ...lines] = received.toString("latin1", 0, headLength).split("\r\n");
  const headers: Record<string, string> = {};
  for (const one of lines) {
    const colon = one.indexOf(":");
    headers[one.slice(0, colon).toLowerCase()] = one.slice(colon + 1).trim();
  }
  const length = Number(headers["content-length"]);
  if (Number.isNaN(length)) throw new Error(`an engine answered without a content-length: ${status}`);
  const start = headLength + headEnd.length;
  if (received.length < start + length) return undefined;
  return {
    statusCode: Number(status.split(" ")[1]),
    headers,
    body: received.subarray(start, start + length),
  };
}
