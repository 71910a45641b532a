// Puts the gate into the real clients: into the middleware stack of every SDK client that an explored process
// uses, below the retries, and before `fetch`. Clients and requests of anybody else stay as they are.
import { createServer, type Socket } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Endpoints } from "@essentially-once/local-cloud/internal/model/model";
import type { CallOutput } from "./call.ts";
import { currentCallContext, followCallContexts } from "./call-context.ts";
import { stackHere } from "./call-site.ts";
import { takeFastPath } from "./fast-path.ts";
import { heldSeconds } from "./held-seconds.ts";
import { asClient, watchHttpRequests } from "./http-requests.ts";
import { currentProcess, type ExploredProcess } from "./process-identity.ts";
import { nothing } from "./refusals.ts";
import { closeWires } from "./wire.ts";

type Client = InstanceType<typeof DynamoDBClient>;
type Stack = Client["middlewareStack"];

const instrumented = new WeakSet<object>();
const watchers = new Set<WatchCall>();

/** Told of each attempt of a command, whatever becomes of it. */
export type WatchCall = (processName: string, command: string, input: unknown) => void;

/** Returns what ends it. */
export function watchCalls(watch: WatchCall): () => void {
  watchers.add(watch);
  return () => void watchers.delete(watch);
}

let blackHole: URL | undefined;
/** Who asks a client right now. */
let asked: Error | undefined;
/** Where the engines of the present sandbox are: a client that outlives a sandbox is redirected to the next one's. */
const engines = new Map<string, URL>();

export function serveFrom({ dynamodb, sqs, s3, secretsManager }: Endpoints): void {
  engines.set("DynamoDBClient", new URL(dynamodb));
  engines.set("SQSClient", new URL(sqs));
  engines.set("S3Client", new URL(s3));
  engines.set("SecretsManagerClient", new URL(secretsManager));
}

/** Once a Node process, before anything is explored. */
export async function instrumentClients(): Promise<void> {
  if (blackHole) return;
  blackHole = await openBlackHole();
  followCallContexts();
  watchHttpRequests();
  const prototype = Object.getPrototypeOf(DynamoDBClient.prototype) as {
    send: (...given: unknown[]) => unknown;
  };
  const send = prototype.send;
  prototype.send = function sendThroughGate(this: Client, ...given: unknown[]) {
    const owner = currentProcess();
    if (owner === undefined) return send.apply(this, given);
    if (!instrumented.has(this)) adopt(this);
    asked = stackHere(); // in a middleware the stack would have those before it
    try {
      return send.apply(this, given);
    } finally {
      asked = undefined;
    }
  };
  const { fetch } = globalThis;
  globalThis.fetch = async function fetchThroughGate(input, init) {
    const owner = currentProcess();
    if (owner === undefined) return fetch(input, init);
    const stack = stackHere();
    const request = new Request(input, init);
    const command = `${request.method} ${new URL(request.url).pathname}`;
    const { output } = await owner.simulation.gate(
      { process: owner, command, input: init?.body, logical: request, belongs: currentCallContext(), stack },
      {
        async perform() {
          const response = await fetch(request);
          const body = await response.arrayBuffer();
          return { response, output: new Response(body, response) };
        },
        hang: () =>
          new Promise((_, reject) => {
            request.signal.addEventListener("abort", () => reject(request.signal.reason), { once: true });
          }),
      },
    );
    return output as Response;
  };
}

/** New clients of new processes take the connections that are open already: a handshake a run costs more than it. */
let connections = new Map<string, Client["config"]["requestHandler"]>();

/** Closes the connections to engines that are about to end. */
export function closeConnections(): void {
  for (const handler of connections.values()) handler.destroy?.();
  connections = new Map();
  closeWires();
}

function adopt(client: Client): void {
  instrumented.add(client);
  const { name } = client.constructor;
  instrument(client.middlewareStack, name);
  const open = connections.get(name);
  if (open) client.config.requestHandler = open;
  else connections.set(name, client.config.requestHandler);
  takeFastPath(client, blackHole);
}

function instrument(stack: Stack, clientName: string): void {
  const begun = new WeakMap<object, () => void>();
  const stacks = new WeakMap<object, Error>();
  stack.add(
    (next, context) =>
      async function begin(args) {
        // Before its first attempt a client may read files: that counts as work in progress, not as a wait.
        const ended = currentProcess()?.simulation.begin();
        if (ended) {
          begun.set(context, ended);
          stacks.set(context, asked ?? stackHere());
        }
        try {
          return await next(args);
        } finally {
          ended?.();
        }
      },
    { name: "explored-begin", step: "initialize", priority: "high" },
  );
  stack.add(
    (next, context) =>
      async function passGate(args) {
        const owner = currentProcess();
        if (owner === undefined) return next(args);
        const command = String(context.commandName).replace(/Command$/, "");
        for (const watch of watchers) watch(owner.name, command, args.input);
        const passed = owner.simulation.gate(
          {
            process: owner,
            command,
            input: args.input,
            logical: context,
            belongs: currentCallContext(),
            stack: stacks.get(context),
          },
          {
            async perform(given: unknown = args.input) {
              const input = inVirtualTime(command, given);
              if (input === nothing) return { output: {}, response: {} };
              const sent = input === args.input ? args : withInput(args, input);
              return whole((await next(towards(sent, engines.get(clientName)))) as CallOutput);
            },
            hang: () =>
              asClient(() => next(towards(args, blackHole))).finally(arriving(owner)) as Promise<CallOutput>,
          },
        );
        begun.get(context)?.();
        return passed as ReturnType<typeof next>;
      },
    { name: "explored-gate", step: "deserialize", priority: "high" },
  );
}

/** Reads a streamed body whole before the call ends: the explorer does not see later reads, and its clock would move on. */
async function whole(done: CallOutput): Promise<CallOutput> {
  const { Body } = (done.output ?? {}) as { Body?: unknown };
  if (!(Body instanceof Readable)) return done;
  return { ...done, output: { ...(done.output as object), Body: Readable.from([await buffer(Body)]) } };
}

const onTheirWay = new Set<() => void>();

/** No clock moves before the request has arrived where nobody answers: the client's time limits are set by then. */
function arriving({ simulation }: ExploredProcess): () => void {
  const ended = simulation.begin();
  onTheirWay.add(ended);
  return ended;
}

function arrived(): void {
  for (const ended of onTheirWay) ended();
  onTheirWay.clear();
}

/** The engine waits in real time. In virtual time a long poll has nothing to wait for, and the queue's source ends a delay. */
function inVirtualTime(command: string, input: unknown): unknown {
  const { WaitTimeSeconds, Entries } = input as { WaitTimeSeconds?: number; Entries?: readonly object[] };
  if (command === "ReceiveMessage" && WaitTimeSeconds) return { ...(input as object), WaitTimeSeconds: 0 };
  if (command !== "ChangeMessageVisibilityBatch" || !Entries) return input;
  const held = Entries.map((entry) =>
    "VisibilityTimeout" in entry && entry.VisibilityTimeout === 0
      ? entry
      : { ...entry, VisibilityTimeout: heldSeconds },
  );
  return { ...(input as object), Entries: held };
}

interface Outgoing {
  readonly input: unknown;
  readonly request: unknown;
}

/** Both services speak JSON, so the body of another input is its JSON. */
function withInput<Args extends Outgoing>(args: Args, input: unknown): Args {
  const body = JSON.stringify(input);
  const request = args.request as { headers: Record<string, string> };
  const changed = Object.assign(Object.create(Object.getPrototypeOf(request)), request, {
    body,
    headers: { ...request.headers, "content-length": String(Buffer.byteLength(body)) },
  });
  return { ...args, input, request: changed };
}

function towards<Args extends Outgoing>(args: Args, place: URL | undefined): Args {
  if (place === undefined) return args;
  const { request } = args as { request: object };
  const changed = Object.assign(Object.create(Object.getPrototypeOf(request)), request, {
    hostname: place.hostname,
    port: Number(place.port),
  });
  return { ...args, request: changed };
}

const unanswered = new Set<Socket>();

/** Ends what still waits for an answer behind a run: its process is dead, and a client has room for so many requests. */
export function hangUp(): void {
  for (const socket of unanswered) socket.destroy();
  unanswered.clear();
}

/** A server that takes every connection and says nothing. */
async function openBlackHole(): Promise<URL> {
  const server = createServer((socket) => {
    unanswered.add(socket);
    socket.on("error", () => undefined).on("close", () => unanswered.delete(socket));
    socket.on("data", arrived);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
}
