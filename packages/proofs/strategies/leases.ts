// Strategies of an effect outside DynamoDB, at a carrier: only the holder of the lease acts. A worker that takes over a
// lease first asks the carrier whether its predecessor has acted.

import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import type { Handler } from "@essentially-once/testing/internal/explorer/program";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { type Calls, openCalls } from "./calls.ts";
import type { Strategy } from "./strategy.ts";

interface Lease {
  readonly id: string;
  readonly owner: string;
  /** How often it has changed hands. */
  readonly fence: number;
  readonly untilMs: number;
  readonly isDone: boolean;
}

/** What is done between taking the lease and booking. */
type Check = (lease: Lease, calls: Calls) => Promise<boolean>;

const leaseMs = 15_000;

export const leaseStrategies: readonly Strategy[] = [
  {
    name: "lease without a fence",
    because: "a worker whose lease ended finishes late and doubles the effect",
    holds: false,
    scenario: shipScenario("shipment under a lease", async () => true, {}),
  },
  {
    name: "lease with an owner token that the effect does not check",
    because: "the same",
    holds: false,
    scenario: shipScenario("shipment under an owner's lease", isStillOwner, {}),
  },
  {
    name: "lease with a fence that the effect checks",
    because: "a late request carries an old fence and is refused",
    holds: true,
    scenario: shipScenario("shipment under a fenced lease", isStillOwner, { sendsFence: true }),
  },
];

async function isStillOwner({ id, owner }: Lease, calls: Calls): Promise<boolean> {
  return (await calls.get("evidence", id))?.owner === owner;
}

function shipScenario(
  name: string,
  check: Check,
  { sendsFence = false }: { sendsFence?: boolean },
): Scenario {
  let carrier: TestCarrier;
  return {
    name,
    sandbox: {
      async open() {
        carrier = await aCarrier({ refusesOldFences: sendsFence });
        return { environment: { CARRIER_URL: carrier.url }, close: () => carrier.stop() };
      },
    },
    functions: [
      { name: "ship", handler: () => shipper(check, { sendsFence }), by: { kind: "queue", queue: "main" } },
    ],
    async begin(sandbox, unique) {
      await sandbox.send("main", { body: unique });
      return {
        async violations() {
          const booked = carrier.consignments(unique);
          return booked === 1 ? [] : [`G8: the carrier has ${booked} consignments`];
        },
      };
    },
  };
}

function shipper(check: Check, { sendsFence }: { sendsFence: boolean }): Handler {
  const calls = openCalls();
  const url = process.env.CARRIER_URL ?? "";
  return async function handleBatch({ Records }: SQSEvent): Promise<SQSBatchResponse> {
    const failed: { itemIdentifier: string }[] = [];
    for (const { body, messageId } of Records) {
      await ship(body).catch(() => failed.push({ itemIdentifier: messageId }));
    }
    return { batchItemFailures: failed };
  };

  async function ship(reference: string): Promise<void> {
    const before = (await calls.get("evidence", reference)) as Lease | undefined;
    if (before?.isDone) return;
    const lease = await take(reference, before);
    if (before === undefined || !(await isBooked(reference))) {
      if (!(await check(lease, calls))) throw new Error("overtaken");
      const fence = sendsFence ? { fence: lease.fence } : {};
      await ask("POST", "/consignments", { reference, ...fence });
    }
    await calls.putIf("evidence", { ...lease, isDone: true }, { owner: lease.owner });
  }

  async function take(id: string, before: Lease | undefined): Promise<Lease> {
    if (before && before.untilMs > Date.now()) throw new Error("held by another");
    const owner = crypto.randomUUID();
    const lease = {
      id,
      owner,
      fence: (before?.fence ?? 0) + 1,
      untilMs: Date.now() + leaseMs,
      isDone: false,
    };
    await calls.putIf("evidence", lease, { owner: before?.owner });
    return lease;
  }

  async function isBooked(reference: string): Promise<boolean> {
    return ((await ask("GET", `/consignments?reference=${reference}`)) as unknown[]).length > 0;
  }

  async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { method, ...sent, signal: AbortSignal.timeout(2_000) });
    if (!response.ok) throw new Error(`the carrier answers ${response.status}`);
    return response.json();
  }
}
