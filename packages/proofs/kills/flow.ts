// A flow of the kit's own stacks on the local cloud, in real processes: each ask takes money from a till (rows), is
// settled in an item (inline, FIFO) and approved (rows), by outbox, streams and queues on the way.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutItemCommand, type PutItemCommandInput } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { marshall } from "@aws-sdk/util-dynamodb";
import { type LocalCloud, startLocalCloud } from "@essentially-once/local-cloud/cloud";
import type { Emit } from "@essentially-once/local-cloud/internal/model/events";
import { synthesize } from "@essentially-once/local-cloud/synthesize";
import { writesWithRows } from "@essentially-once/messaging/internal/commit/outbox";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { kitApp } from "@essentially-once/testing/internal/support/assembly";
import { Asked } from "@essentially-once/testing/internal/support/kit/messages";
import { type KillableEngines, startKillableEngines } from "./engines.ts";

export interface Ask {
  readonly id: string;
  readonly till: string;
  readonly amount: number;
}

export interface Flow {
  readonly engines: KillableEngines;
  /** Another after a restart. */
  readonly cloud: () => LocalCloud;
  /** Stops the local cloud, with all that its functions are at, and starts it again on the same engines. */
  restartCloud(): Promise<void>;
  /** Commits an ask to the outbox, however often that takes. */
  enter(ask: Ask): Promise<void>;
  stop(): Promise<void>;
}

export const tills = ["till-1", "till-2", "till-3", "till-4", "till-5"] as const;
export const tillStart = 1_000_000_000;
/** Shorter than the rule, so that a frozen process wakes up when another has long done its work. */
const visibilitySeconds = 4;

export async function startFlow({
  shortVisibility,
  onEvent = () => undefined,
}: {
  readonly shortVisibility: boolean;
  readonly onEvent?: Emit;
}): Promise<Flow> {
  const directory = await mkdtemp(join(tmpdir(), "essentially-once-flow-"));
  const assemblyDirectory = join(directory, "cdk.out");
  await synthesize({
    projectDirectory: process.cwd(),
    assemblyDirectory,
    app: `node ${kitApp}`,
    context: {},
    signal: new AbortController().signal,
  });
  const engines = await startKillableEngines();
  const wiredSeconds = new Map<string, string>();
  let cloud = await open();
  for (const id of tills) await put("StandardTable", { id, version: 1, available: tillStart });
  return {
    engines,
    cloud: () => cloud,
    async restartCloud() {
      await setVisibility(cloud, wired); // a queue is made again only as it is
      await cloud.stop();
      cloud = await open();
    },
    async enter({ id, till, amount }) {
      const envelope = anEnvelope({ ...Asked.from({ ask: id, till, amount }), id, source: "/counter" });
      const table = () => cloud.output("OrderedOutboxTable");
      const [row] = writesWithRows({ writes: [], messages: [envelope] }, { table, id });
      if (row?.Put) await patiently(() => new PutItemCommand(row.Put as PutItemCommandInput));
    },
    async stop() {
      await cloud.stop();
      await engines.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };

  async function open(): Promise<LocalCloud> {
    const opened = await startLocalCloud({ assemblyDirectory, onEvent });
    if (shortVisibility) await setVisibility(opened, () => String(visibilitySeconds));
    return opened;
  }

  async function setVisibility(
    { clients: { sqs }, deployment }: LocalCloud,
    secondsOf: (queueUrl: string) => string,
  ): Promise<void> {
    for (const { queueUrl: QueueUrl } of deployment.sqsMappings) {
      const { Attributes } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout"] }),
      );
      if (!wiredSeconds.has(QueueUrl)) wiredSeconds.set(QueueUrl, Attributes?.VisibilityTimeout ?? "");
      const VisibilityTimeout = secondsOf(QueueUrl);
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout } }));
    }
  }

  function wired(queueUrl: string): string {
    return wiredSeconds.get(queueUrl) ?? String(visibilitySeconds);
  }

  async function put(table: string, item: Record<string, unknown>): Promise<void> {
    await patiently(() => new PutItemCommand({ TableName: cloud.output(table), Item: marshall(item) }));
  }

  /** The engine may just be down; the same item put twice is one. */
  async function patiently(command: () => PutItemCommand): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await cloud.clients.dynamodb.send(command());
        return;
      } catch (error) {
        if (attempt === attemptsMax) throw error;
        await sleep(200);
      }
    }
  }
}

const attemptsMax = 50;
