// The explorer itself: what it takes from a process really is taken, and what it says of a run is so.
import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { attemptsMax, dynamodb, http } from "@essentially-once/messaging/clients";
import { sqs } from "@essentially-once/messaging/sqs-client";
import { openExplorer } from "@essentially-once/testing/internal/explorer/explorer";
import type { Fault } from "@essentially-once/testing/internal/explorer/fault";
import type { HandlerSource } from "@essentially-once/testing/internal/explorer/program";
import type { Run } from "@essentially-once/testing/internal/explorer/run";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Exclusions } from "@essentially-once/testing/internal/explorer/scenario";
import type { SQSEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";

describe("the explorer", () => {
  it("lets a killed process do nothing more, not even what it had begun", async () => {
    const { items } = await explored(() => (event) => Promise.all([put(event, "1"), put(event, "2")]), {
      faults: [{ kind: "killed-before", command: "PutItem", nth: 1 }],
    });
    expect(items).toEqual(["m1", "m2"]); // of the next process
    const { items: none, run } = await explored(dyingHandler(), {
      faults: [{ kind: "killed-after", command: "PutItem", nth: 1 }],
    });
    expect(none).toEqual(["m1"]);
    expect(run.calls.filter(({ process }) => process === "dying")).toHaveLength(1);
  });

  it("takes the module state of a killed process with it", async () => {
    const file = "packages/proofs/scenarios/handlers/module-state.ts";
    const faults: Fault[] = [{ kind: "killed-after", command: "PutItem", nth: 1 }];
    expect((await explored(file, { faults })).runs).toBe(1);
    expect(
      (
        await explored(file, {
          faults: [{ ...(faults[0] as Fault), kind: "lost-response", command: "answer" }],
        })
      ).runs,
    ).toBe(2);
  });

  it("runs what is deployed: a CommonJS package finds what it asks Node for", async () => {
    const { run } = await explored("packages/proofs/scenarios/handlers/with-axios.ts");
    expect(run.violations).toEqual([]);
  });

  it("loads a handler as it is deployed: a file beside its source is not there", async () => {
    const reads = explored("packages/proofs/scenarios/handlers/reads-beside.ts");
    await expect(reads).rejects.toThrow(/reads-beside\.ts does not load as it would be deployed: ENOENT/);
  });

  it("lets ten minutes of waiting pass in no time", async () => {
    const before = performance.now();
    const { items, run } = await explored(
      () => async (event) => {
        await new Promise((resolve) => setTimeout(resolve, 600_000));
        return put(event, "late");
      },
      { timeoutSeconds: 700 },
    );
    expect(items).toEqual(["mlate"]);
    expect(run.violations).toEqual([]);
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it("ends a call that hangs by the client's own time limit", async () => {
    let waitedMs = 0;
    const patient = () => async (event: SQSEvent) => {
      const beganAtMs = Date.now();
      await put(event, "1").finally(() => {
        waitedMs ||= Date.now() - beganAtMs;
      });
    };
    const { run, items } = await explored(patient, {
      faults: [{ kind: "hung", command: "PutItem", nth: 1 }],
    });
    const attempts = run.calls.slice(0, 4).map(({ process, command }) => `${process} ${command}`);
    expect(attempts).toEqual([...Array(attemptsMax).fill("patient PutItem"), "patient answer"]);
    expect(waitedMs).toBeGreaterThanOrEqual(attemptsMax * http.requestTimeout);
    expect(items).toEqual(["m1"]);
  });

  it("has room for every call that hangs, though the process dies before the call ends", async () => {
    const impatient = () => (event: SQSEvent) => put(event, "1");
    const explorer = await openExplorer({
      name: "impatient",
      sandbox: { tables: { STATE_TABLE: {} } },
      functions: [{ handler: impatient, timeoutSeconds: 1, by: { kind: "queue", queue: "main" } }],
      async begin(sandbox: Sandbox, unique: string) {
        await sandbox.send("main", { body: unique });
        return { violations: async () => [] };
      },
    });
    for (let runs = 0; runs < 60; runs++) {
      const { fired } = await explorer.run([{ kind: "hung", command: "PutItem", nth: 1 }]);
      expect(fired).toHaveLength(1);
    }
    await explorer.close();
  });

  it("reports a run that never becomes idle", async () => {
    const again = () => async (event: SQSEvent) => {
      const { QUEUE_URL: QueueUrl } = process.env;
      await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: event.Records[0]?.body }));
    };
    const { run } = await explored(again, {});
    expect(run.violations).toEqual(["liveness: not quiet after 150 events"]);
  });

  it("leaves the first entry of a batch undone behind an HTTP 200", async () => {
    const answers: unknown[] = [];
    const batch = () => async () => {
      const Entries = ["a", "b"].map((Id) => ({ Id, MessageBody: Id }));
      const { Failed, Successful } = await sqs().send(
        new SendMessageBatchCommand({ QueueUrl: process.env.DEAD_LETTER_QUEUE_URL, Entries }),
      );
      answers.push(
        Failed?.map(({ Id }) => Id),
        Successful?.map(({ Id }) => Id),
      );
    };
    const { deadLetters } = await explored(batch, {
      faults: [{ kind: "partial", command: "SendMessageBatch", nth: 1 }],
    });
    expect(answers).toEqual([["a"], ["b"]]);
    expect(deadLetters).toEqual(["b"]);
  });

  it("lets a frozen process go on when all others are idle", async () => {
    const { run, items } = await explored(() => (event) => put(event, "1"), {
      faults: [{ kind: "frozen-before", command: "PutItem", nth: 1 }],
    });
    expect(run.calls.map(({ process, command }) => `${process} ${command}`)).toEqual([
      "handler PutItem",
      "handler (2) PutItem",
      "handler (2) answer",
      "handler answer",
    ]);
    expect(items).toEqual(["m1"]);
  });

  it("lets a process that freezes for the second time go on for the second time", async () => {
    const twice = () => async (event: SQSEvent) => {
      await put(event, "1");
      await put(event, "2");
    };
    const { run } = await explored(twice, {
      faults: [1, 4].map((nth) => ({ kind: "frozen-before", command: "PutItem", nth })),
    });
    expect(run.violations).toEqual([]);
    expect(run.fired).toHaveLength(2);
    expect(run.calls.map(({ process, command, nth }) => `${process} ${command} ${nth}`)).toEqual([
      "twice PutItem 1",
      "twice (2) PutItem 2",
      "twice (2) PutItem 3",
      "twice (2) answer 1",
      "twice PutItem 4",
      "twice answer 2",
    ]);
  });

  it("leaves a fault out where its scenario says that it proves nothing", async () => {
    const without: Exclusions = { "killed-after": { at: ["PutItem"], because: "for this test" } };
    const faults: Fault[] = [{ kind: "killed-after", command: "PutItem", nth: 1 }];
    const handler = () => (event: SQSEvent) => put(event, "1");
    expect((await explored(handler, { faults })).run.fired).toEqual(faults);
    expect((await explored(handler, { faults, without })).run.fired).toEqual([]);
  });
});

function put({ Records: [record] }: SQSEvent, suffix: string): Promise<unknown> {
  const Item = { id: { S: `${record?.body}${suffix}` } };
  return dynamodb().send(new PutItemCommand({ TableName: process.env.STATE_TABLE, Item }));
}

/** Dies in its first run; the processes after it do nothing. */
function dyingHandler(): HandlerSource {
  let started = 0;
  return function dying() {
    const first = ++started === 1;
    return async (event: SQSEvent) => {
      if (!first) return;
      await put(event, "1");
      await put(event, "2");
    };
  };
}

interface Explored {
  readonly run: Run;
  readonly items: readonly string[];
  readonly runs: unknown;
  readonly deadLetters: readonly string[];
}

interface ExploredOptions {
  readonly faults?: readonly Fault[];
  readonly timeoutSeconds?: number;
  readonly without?: Exclusions;
}

/** One run of a handler that gets the message `m`. */
async function explored(
  handler: HandlerSource,
  { faults = [], timeoutSeconds = 10, without = {} }: ExploredOptions = {},
): Promise<Explored> {
  let seen: Omit<Explored, "run"> = { items: [], runs: 0, deadLetters: [] };
  const explorer = await openExplorer({
    name: "explored",
    without,
    sandbox: { tables: { STATE_TABLE: {} } },
    functions: [{ handler, timeoutSeconds, by: { kind: "queue", queue: "main" } }],
    async begin(sandbox: Sandbox) {
      await sandbox.send("main", { body: "m" });
      return {
        async violations() {
          const items = await sandbox.items("STATE_TABLE");
          const deadLetters = (await sandbox.deadLetters("main")).map(({ body }) => body);
          seen = { items: items.map(({ id }) => String(id)).sort(), runs: items[0]?.runs, deadLetters };
          return [];
        },
      };
    },
  });
  try {
    const run = await explorer.run(faults);
    return { run, ...seen };
  } finally {
    await explorer.close();
  }
}
