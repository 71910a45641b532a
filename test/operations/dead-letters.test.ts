import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { destroyClients, type LocalClients, localClients } from "../../local/clients.ts";
import { type Engines, startEngines } from "../../local/engines.ts";
import {
  type ConsumerQueue,
  consumerQueues,
  queuesNamed,
} from "../../operations/dead-letters/consumer-queues.ts";
import { listDeadLetters } from "../../operations/dead-letters/list.ts";
import { redrive } from "../../operations/dead-letters/redrive.ts";

let engines: Engines;
let clients: LocalClients;
let queue: ConsumerQueue;
let queuesMade = 0;

beforeAll(async () => {
  engines = await startEngines();
  clients = localClients(engines.endpoints);
});

afterAll(async () => {
  destroyClients(clients);
  await engines.stop();
});

beforeEach(async () => {
  queuesMade += 1;
  queue = {
    consumer: "ReserveCredit",
    queueUrl: await createQueue(`source-${queuesMade}`),
    deadLetterQueueUrl: await createQueue(`dead-${queuesMade}`),
  };
});

describe("list", () => {
  test("G6: shows every dead letter with its reason, and leaves them all visible", async () => {
    for (let n = 0; n < 25; n++) await park(envelope(`m-${n}`), { ReasonCode: "ACCOUNT_UNKNOWN" });
    const first = await listDeadLetters(clients.sqs, [queue]);
    const second = await listDeadLetters(clients.sqs, [queue]);
    expect(first.deadLetters).toHaveLength(25);
    expect(second.deadLetters.map(({ id }) => id).sort()).toEqual(
      first.deadLetters.map(({ id }) => id).sort(),
    );
    expect(second.unread).toEqual([]);
    expect(await depth(queue.deadLetterQueueUrl)).toEqual({ visible: 25, inFlight: 0 });
  });

  test("two copies of one message are one dead letter, and the copy that says why is the one that speaks", async () => {
    await park(envelope("m-1"), {});
    await park(envelope("m-1"), {
      ReasonCode: "ADDRESS_REFUSED",
      ReasonDetail: "Atlantis",
      ReceiveCount: "2",
    });
    const { deadLetters } = await listDeadLetters(clients.sqs, [queue]);
    expect(deadLetters).toMatchObject([
      {
        id: "m-1",
        type: "orders.order-placed.v1",
        reason: "ADDRESS_REFUSED",
        detail: "Atlantis",
        receiveCount: 2,
      },
    ]);
    expect(deadLetters[0]?.copies).toHaveLength(2);
  });

  test("the same id with other bytes is another dead letter", async () => {
    await park(envelope("m-1"), {});
    await park(envelope("m-1", { forged: true }), {});
    expect((await listDeadLetters(clients.sqs, [queue])).deadLetters).toHaveLength(2);
  });

  test("what the redrive policy moved has a reason too", async () => {
    await park(envelope("m-1"), {});
    const { deadLetters } = await listDeadLetters(clients.sqs, [queue]);
    expect(deadLetters).toMatchObject([{ reason: "RECEIVES_EXHAUSTED" }]);
  });

  test("what is no envelope is named by the message id it first had", async () => {
    await park("{ this is not JSON", { ReasonCode: "NOT_JSON", OriginalMessageId: "first-id" });
    expect((await listDeadLetters(clients.sqs, [queue])).deadLetters).toMatchObject([{ id: "first-id" }]);
  });

  test("says how many another reader holds", async () => {
    await park(envelope("m-1"), {});
    await clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queue.deadLetterQueueUrl, VisibilityTimeout: 30 }),
    );
    const { deadLetters, unread } = await listDeadLetters(clients.sqs, [queue]);
    expect(deadLetters).toEqual([]);
    expect(unread).toEqual([expect.stringContaining("1 held by another reader")]);
  });
});

describe("redrive", () => {
  test("a dry run names what it would send and moves nothing", async () => {
    await park(envelope("m-1"), {});
    const redriven = await redrive(clients.sqs, { queues: [queue], matches: () => true, dryRun: true });
    expect(redriven.map(({ id }) => id)).toEqual(["m-1"]);
    expect(await depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
    expect(await depth(queue.queueUrl)).toEqual({ visible: 0, inFlight: 0 });
  });

  test("G6: sends the original bytes and attributes back, once for all copies, and leaves the others", async () => {
    await park(envelope("m-1"), { ReasonCode: "ACCOUNT_UNKNOWN", tenant: "blue" });
    await park(envelope("m-1"), { ReasonCode: "ACCOUNT_UNKNOWN", tenant: "blue" });
    await park(envelope("m-2"), { ReasonCode: "ADDRESS_REFUSED" });
    await redrive(clients.sqs, {
      queues: [queue],
      matches: ({ reason }) => reason === "ACCOUNT_UNKNOWN",
      dryRun: false,
    });
    const { Messages = [] } = await clients.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queue.queueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
      }),
    );
    expect(Messages.map(({ Body }) => Body)).toEqual([envelope("m-1")]);
    expect(Object.keys(Messages[0]?.MessageAttributes ?? {})).toEqual(["tenant"]);
    const { deadLetters } = await listDeadLetters(clients.sqs, [queue]);
    expect(deadLetters.map(({ id }) => id)).toEqual(["m-2"]);
  });

  test("G6: a send that fails leaves the dead letter where it was, visible", async () => {
    await park(envelope("m-1"), {});
    const broken = { ...queue, queueUrl: `${queue.queueUrl}-gone` };
    await expect(
      redrive(clients.sqs, { queues: [broken], matches: () => true, dryRun: false }),
    ).rejects.toThrow();
    expect(await depth(queue.deadLetterQueueUrl)).toEqual({ visible: 1, inFlight: 0 });
  });
});

describe("the queues of a deployment", () => {
  const outputs = {
    Credit: { ReserveCreditQueueUrl: "q1", ReserveCreditDeadLetterQueueUrl: "d1", CreditTable: "t" },
    Relay: { PublishFailureQueueUrl: "f" },
  };

  test("are the pairs among its outputs", () => {
    expect(consumerQueues(outputs)).toEqual([
      { consumer: "ReserveCredit", queueUrl: "q1", deadLetterQueueUrl: "d1" },
    ]);
  });

  test("go by the construct's name and by the function's", () => {
    expect(queuesNamed(consumerQueues(outputs), "reserve-credit")).toHaveLength(1);
    expect(() => queuesNamed(consumerQueues(outputs), "ship")).toThrow('one of ReserveCredit, got "ship"');
  });

  test("outputs without a pair are refused and named", () => {
    expect(() => consumerQueues({ Relay: { Other: "x" } })).toThrow("they are: Other");
  });
});

async function createQueue(name: string): Promise<string> {
  const { QueueUrl = "" } = await clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
  return QueueUrl;
}

async function park(body: string, attributes: Record<string, string>): Promise<void> {
  const MessageAttributes = Object.fromEntries(
    Object.entries(attributes).map(([name, value]): [string, MessageAttributeValue] => [
      name,
      { DataType: "String", StringValue: value },
    ]),
  );
  await clients.sqs.send(
    new SendMessageCommand({ QueueUrl: queue.deadLetterQueueUrl, MessageBody: body, MessageAttributes }),
  );
}

async function depth(queueUrl: string): Promise<{ visible: number; inFlight: number }> {
  const { Attributes = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  };
}

function envelope(id: string, data: unknown = {}): string {
  return JSON.stringify({ specversion: "1.0", id, source: "/orders", type: "orders.order-placed.v1", data });
}
