// Checks the ports that the user chose before anything is started: a synthesis takes seconds, and an error about a taken port
// should come first.
import { once } from "node:events";
import { createServer } from "node:net";
import type { Ports } from "../model/port-flags.ts";
import { PortInUse } from "../model/port-in-use.ts";

/** @throws PortInUse that names the flag; a port that is taken after this check fails when the listener opens */
export async function requireFree(ports: Ports): Promise<void> {
  for (const { name, flag, listener } of listeners) {
    const port = ports[name];
    if (port === undefined) continue;
    try {
      await listenOnce(port);
    } catch (cause) {
      throw new PortInUse({ port, flag, listener, cause });
    }
  }
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  await new Promise((resolve) => server.close(resolve));
}

const listeners = [
  { name: "functionUrls", flag: "--port", listener: "the function URLs" },
  { name: "sqs", flag: "--sqs-port", listener: "the SQS engine" },
  { name: "dynamodb", flag: "--dynamodb-port", listener: "the DynamoDB engine" },
  { name: "console", flag: "--console-port", listener: "the console" },
] as const;
