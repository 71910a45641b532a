// A proxy to an engine that acts at the next request of an operation: before the engine gets the request, or after the
// engine has answered and before the client gets the answer.
import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestTo, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Tripwire {
  readonly endpoint: string;
  /**
   * Arms the tripwire once. The request is not answered: its connection breaks after `act`.
   * @param about a text in the request's body: earlier requests of the same operation may still be in progress
   * @returns when it has been tripped
   */
  trip(options: {
    operation: string;
    about?: string;
    moment: "before" | "after";
    act?: () => void;
  }): Promise<void>;
  stop(): Promise<void>;
}

interface Trap {
  readonly operation: string;
  readonly about: string;
  readonly moment: "before" | "after";
  readonly spring: () => void;
}

export async function startTripwire(target: string): Promise<Tripwire> {
  let trap: Trap | undefined;
  const server = createServer(async function handle(request, response) {
    const body = await buffer(request);
    const sprung = takeTrap(String(request.headers["x-amz-target"]), body);
    if (sprung?.moment === "before") return spring(sprung, response);
    const { method = "GET", url = "/", headers } = request;
    const onward = requestTo(new URL(url, target), { method, headers }, (answer) => {
      if (sprung) answer.resume().once("end", () => spring(sprung, response));
      else pass(answer, response);
    });
    onward.on("error", () => response.destroy());
    onward.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trip({ operation, about = "", moment, act }) {
      return new Promise((resolve) => {
        trap = {
          operation,
          about,
          moment,
          spring() {
            act?.();
            resolve();
          },
        };
      });
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };

  /** `x-amz-target` is `DynamoDB_20120810.TransactWriteItems`, `AmazonSQS.SendMessageBatch` … */
  function takeTrap(target: string, body: Buffer): Trap | undefined {
    if (trap === undefined || !target.endsWith(`.${trap.operation}`) || !body.includes(trap.about))
      return undefined;
    const taken = trap;
    trap = undefined;
    return taken;
  }
}

function spring(trap: Trap, response: ServerResponse): void {
  trap.spring();
  response.destroy();
}

function pass(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  answer.pipe(response);
}
