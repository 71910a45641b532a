// Queues that other programs fill, under faults: copies with different SQS ids are one message, a service's message about
// itself has no effect, and a parked message is redriven in the form in which it arrived.
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { nothingParked, sums } from "./deposits.ts";
import { operator } from "./redrive.ts";

export function rawJsonScenario(): Scenario {
  const form = { form: "raw-json", type: "explored.deposited.v1", id: { field: ["account"] } };
  return {
    name: "raw JSON, parked and redriven",
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      { handler: "packages/proofs/scenarios/handlers/raw-json.ts", by: { kind: "queue", queue: "main" } },
      operator,
    ],
    async begin(sandbox, unique) {
      const deposits = [
        { account: `a-${unique}`, amount: 13 },
        { account: `b-${unique}`, amount: 10 },
      ];
      const bodies = deposits.map((deposit) => JSON.stringify(deposit));
      await sandbox.send("main", ...[...bodies, ...bodies.slice(1)].map((body) => ({ body })));
      return {
        environment: { ACCOUNT: unique, CONSUMER: "explored-raw", FROM: JSON.stringify(form) },
        violations: async () => [
          ...(await sums(sandbox, deposits)),
          ...(await nothingParked(sandbox, "main")),
        ],
      };
    },
  };
}

export function s3Scenario(): Scenario {
  return {
    name: "S3 notifications, twice and with a test event",
    sandbox: { tables: { ACCOUNTS_TABLE: {} } },
    functions: [
      { handler: "packages/proofs/scenarios/handlers/s3.ts", by: { kind: "queue", queue: "main" } },
    ],
    async begin(sandbox, unique) {
      const objects = [
        { account: `a b-${unique}`, amount: 100 },
        { account: `c-${unique}`, amount: 10 },
      ];
      const test = { Service: "Amazon S3", Event: "s3:TestEvent", Bucket: "explored" };
      const told = objects.map(({ account, amount }) => notification(account, amount, "first"));
      const again = objects.slice(0, 1).map(({ account, amount }) => notification(account, amount, "second"));
      await sandbox.send(
        "main",
        ...[test, ...told, ...again].map((body) => ({ body: JSON.stringify(body) })),
      );
      return {
        violations: async () => [
          ...(await sums(sandbox, objects)),
          ...(await nothingParked(sandbox, "main")),
        ],
      };
    },
  };
}

function notification(name: string, size: number, requestId: string) {
  const key = encodeURIComponent(name).replaceAll("%20", "+");
  return {
    Records: [
      {
        eventSource: "aws:s3",
        eventTime: new Date().toISOString(),
        eventName: "ObjectCreated:Put",
        responseElements: { "x-amz-request-id": requestId },
        s3: { bucket: { name: "explored" }, object: { key, size, sequencer: "0055AED6DCD90281E5" } },
      },
    ],
  };
}
