// The statement of the sample under faults, from the outbox on: its publisher fills the journal, build-statement pulls. In the end
// it must be what the events of the journal come to when they are folded from the beginning.

import { asciiJson } from "@essentially-once/messaging/envelope";
import { journal } from "@essentially-once/messaging/journal";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { CreditReserved } from "../../../../functions/credit/messages.ts";
import { statementEvents, statementsOf } from "../../../../functions/insights/statement.ts";
import { OrderPlaced } from "../../../../functions/orders/messages.ts";
import { OrderShipped } from "../../../../functions/shipping/messages.ts";
import { sweeper } from "../publisher.ts";

export function scenarios(): Scenario[] {
  return [buildStatement()];
}

/** No consumer subscribes; the journal has them all. */
const toNobody = Object.fromEntries([...statementEvents, CreditReserved].map(({ type }) => [type, []]));

function buildStatement(): Scenario {
  return {
    name: "build-statement",
    without: {
      busy: "a record of a journal has no attempts: a run that is held is begun again by the schedule",
    },
    sandbox: {
      guarded: true,
      tables: { JOURNAL_TABLE: { sortKey: "sequence" }, INSIGHTS_TABLE: {} },
      environment: () => ({ ROUTES: JSON.stringify(toNobody) }),
    },
    functions: [
      { handler: "functions/relay/publish.ts", by: { kind: "stream", table: "OUTBOX_TABLE" } },
      sweeper,
      {
        handler: "functions/insights/build-statement.ts",
        by: { kind: "schedule", everySeconds: 60, isQuiet: nothingPulled },
      },
    ],
    async begin(sandbox, unique) {
      const orderId = `order-${unique}`;
      const drafts = [
        OrderPlaced.from({ orderId, customerId: unique, total: 60 }),
        CreditReserved.from({ orderId }),
        OrderShipped.from({ orderId, consignmentId: "C1" }),
      ];
      const bodies = drafts.map((draft, index) =>
        asciiJson(anEnvelope({ ...draft, id: `${unique}-${index + 1}`, source: "/sample" })),
      );
      const row = { id: `row-${unique}`, createdAt: new Date().toISOString(), messages: bodies };
      await sandbox.put("OUTBOX_TABLE", row);
      return {
        async violations() {
          const logged = await journaled(sandbox, orderId);
          const folded = statementsOf(logged.map((body) => JSON.parse(body))).get(unique);
          const running = await sandbox.get("INSIGHTS_TABLE", `build-statement@1#statement#${unique}`);
          return [
            ...(logged.join() === bodies.join()
              ? []
              : [`G3, G4: the journal has ${logged.length} of 3 events`]),
            ...differences({ ...folded, id: unique }, { ...running, id: unique }),
            ...((await sandbox.get("OUTBOX_TABLE", row.id)) ? ["G3: the row is still in the outbox"] : []),
          ];
        },
      };
    },
  };
}

function nothingPulled(response: unknown): boolean {
  return (response as { records: number }).records === 0;
}

async function journaled(sandbox: Sandbox, orderId: string): Promise<string[]> {
  const log = journal({ table: sandbox.table("JOURNAL_TABLE"), client: sandbox.clients.dynamodb });
  const bodies: string[] = [];
  for (let partition = 0; partition < log.partitions; partition++) {
    const entries = await log.read({ partition, after: 0, limit: 1_000 });
    bodies.push(...entries.map(({ body }) => body).filter((body) => body.includes(`"${orderId}"`)));
  }
  return bodies;
}

function differences(
  folded: Readonly<Record<string, unknown>>,
  running: Readonly<Record<string, unknown>>,
): string[] {
  return ["placed", "canceled", "shipped", "version"].flatMap((part) => {
    const [wanted, found] = [JSON.stringify(folded[part]), JSON.stringify(running[part])];
    return sorted(wanted) === sorted(found)
      ? []
      : [`G10: ${part} is ${found}, and the journal makes it ${wanted}`];
  });
}

/** The attributes of an item have no order. */
function sorted(json: string | undefined): string {
  return (json ?? "").split(/[{},]/).sort().join();
}
