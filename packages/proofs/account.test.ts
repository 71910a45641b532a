// How a counterexample reads: the kit's calls in one line between the handler's own, in 80 columns.

import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { describe as accountOf } from "@essentially-once/testing/internal/explorer/account";
import { outcomes } from "@essentially-once/testing/internal/explorer/outcomes";
import { expect, it } from "vitest";

const kit = { process: "ship-order", by: "kit", message: "0003-1" } as const;
const own = { process: "ship-order", by: "handler", message: "0003-1" } as const;

it("folds the kit's calls, keeps the handler's apart, and marks those that meet a fault", () => {
  const text = accountOf({
    scenario: "functions/shipping/ship-order.ts",
    faults: [{ kind: "killed-after", command: "UpdateItem", nth: 1 }],
    violations: ["G8: the carrier has 2 consignments"],
    messages: ["0003-1 (orders.order-placed.v1): acknowledged after 2 deliveries"],
    calls: [
      { ...kit, command: "BatchGetItem", nth: 1 },
      { ...kit, command: "PutItem", nth: 1 },
      {
        ...own,
        command: "POST /mails",
        name: "POST /mails",
        nth: 1,
        line: "functions/shipping/ship-order.ts:40",
      },
      { ...own, command: "POST /a", name: "POST /a", nth: 0, line: "functions/shipping/ship-order.ts:41" },
      { ...kit, command: "UpdateItem", nth: 1, line: "functions/shipping/ship-order.ts:42" },
      { ...kit, command: "TransactWriteItems", nth: 1 },
      { process: "ship-order", command: "answer", nth: 1 },
    ],
  });
  expect(text).toBe(`functions/shipping/ship-order.ts: killed after the 1st UpdateItem
  ✗ G8: the carrier has 2 consignments
  message 0003-1 (orders.order-placed.v1): acknowledged after 2 deliveries
  calls:
    ship-order, the kit: BatchGetItem #1, PutItem #1
    ship-order: POST /mails #1  functions/shipping/ship-order.ts:40
    ship-order: POST /a  functions/shipping/ship-order.ts:41
  → ship-order, the kit: UpdateItem #1  functions/shipping/ship-order.ts:42
    ship-order, the kit: TransactWriteItems #1
    ship-order: answer #1`);
});

it("says for which message a call was, when there are several, and stays in 80 columns", () => {
  const words = "expected nothing of what is there, which is a good deal more than a line holds";
  const text = accountOf({
    scenario: "the handler",
    faults: [],
    violations: [`${words}\n${words}`],
    messages: [
      "0003-1 (a.b.v1): acknowledged after 1 delivery",
      "0003-2 (a.b.v1): parked with DATA_INVALID after 1 delivery",
    ],
    calls: Array.from({ length: 12 }, (_, nth) => ({ ...kit, command: "TransactWriteItems", nth: nth + 1 })),
  });
  expect(text).toContain("ship-order for 0003-1, the kit: TransactWriteItems #1, ");
  expect(text).toContain("the handler: without any fault");
  expect(Math.max(...text.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
});

it("says what became of a message that no queue brought, too", () => {
  const { onCall, lines } = outcomes({ deadLetterUrls: new Set() });
  const message = anEnvelope({ id: "0003-1", type: "a.b.v1" });
  const [one, other] = [{}, {}];
  for (const run of [one, one, other]) onCall({ belongs: { message, run } });
  onCall({ belongs: {} });
  onCall({});
  expect(lines()).toEqual(["0003-1 (a.b.v1): 2 runs of the handler"]);
});
