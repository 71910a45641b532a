// A way to an engine on which responses get lost: the engine has done its work, the client hears nothing of it.
//
//   The response is lost only after the engine has given all of it, so what was asked for is committed.
//   Without a loss it changes neither request nor response.

import { once } from "node:events";
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as requestTo,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface LossyProxy {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startLossyProxy(options: {
  /** The engine, `http://host:port`. */
  readonly target: string;
  /** Asked once a request. */
  readonly loses: () => boolean;
}): Promise<LossyProxy> {
  const { target, loses } = options;
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const isLost = loses();
    const { method = "GET", url = "/", headers } = request;
    const onward = requestTo(new URL(url, target), { method, headers, agent }, (answer) => {
      if (isLost) lose(answer, response);
      else pass(answer, response);
    });
    onward.on("error", () => response.destroy()); // the client sees what it would see: a broken connection
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await once(server, "close");
    },
  };
}

function pass(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
  answer.pipe(response);
}

function lose(answer: IncomingMessage, response: ServerResponse): void {
  answer.resume().once("end", () => response.destroy());
}
