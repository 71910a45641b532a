// The functions of the sample under faults, as they are deployed: signed messages, guards, their own tables.

import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import type { Draft } from "@essentially-once/messaging/message-type";
import { aCarrier, type TestCarrier } from "@essentially-once/testing/a-carrier";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Scenario } from "@essentially-once/testing/internal/explorer/scenario";
import { aPost } from "@essentially-once/testing/lambda";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { CreditReserved } from "../../../../functions/credit/messages.ts";
import { OrderViewed } from "../../../../functions/insights/messages.ts";
import { OrderApproved, OrderPlaced } from "../../../../functions/orders/messages.ts";
import { OrderShipped } from "../../../../functions/shipping/messages.ts";
import { nothingParked } from "../deposits.ts";
import { alteredOnTheWay } from "../tampering.ts";

export function scenarios(): Scenario[] {
  return [placeOrder(), reserveCredit(), settleOrder(), shipOrder(), countOrderViews()];
}

const timeouts = { CREDIT_TIMEOUT_SECONDS: "60", SHIPPING_TIMEOUT_SECONDS: "60" };

function placeOrder(): Scenario {
  return {
    name: "place-order",
    sandbox: {
      ...{ guarded: true, environment: () => timeouts },
      tables: { ORDERS_TABLE: { stream: true }, SCHEDULES_TABLE: {} },
    },
    functions: [{ handler: "functions/orders/place-order.ts", by: { kind: "request" } }],
    async begin(sandbox, unique) {
      const order = {
        customerId: unique,
        shipTo: "here",
        lines: [{ sku: "s", quantity: 2, unitPrice: 50 }],
      };
      const answers: string[] = [];
      return {
        requests: {
          events: () => [aPost(order, { "idempotency-key": unique })],
          onAnswer(_event, response) {
            const { statusCode, body } = response as APIGatewayProxyStructuredResultV2;
            if (statusCode !== 201) return false;
            answers.push(body ?? "");
            return true;
          },
        },
        async violations() {
          const orders = (await sandbox.items("ORDERS_TABLE")).filter((one) => one.customerId === unique);
          const events = (await sandbox.items("ORDERED_OUTBOX_TABLE")).flatMap(
            ({ messages }) => messages as string[],
          );
          const messages = events.filter((text) => text.includes(String(orders[0]?.id)));
          return [
            ...(orders.length === 1 ? [] : [`G2: ${orders.length} orders for one key`]),
            ...(String(answers).includes(String(orders[0]?.id))
              ? []
              : ["G1: the answer names another order"]),
            ...(messages.length === 1 ? [] : [`G1: ${messages} in the outbox`]),
          ];
        },
      };
    },
  };
}

function reserveCredit(): Scenario {
  return {
    name: "reserve-credit",
    tampering: true,
    sandbox: { guarded: true, tables: { CREDIT_TABLE: {} } },
    functions: [{ handler: "functions/credit/reserve-credit.ts", by: { kind: "queue", queue: "main" } }],
    async begin(sandbox, unique) {
      await sandbox.put("CREDIT_TABLE", { id: unique, version: 1, limit: 100, available: 100 });
      const orders = [60, 70].map((total, n) => ({ orderId: `${unique}-${n}`, customerId: unique, total }));
      const orderMessages = orders.map((order, n) => orderMessage(OrderPlaced.from(order), `${unique}-${n}`));
      await sandbox.send("main", ...orderMessages);
      return {
        async violations() {
          const available = Number((await sandbox.get("CREDIT_TABLE", unique))?.available);
          const answers: string[] = [];
          for (const { orderId } of orders) {
            const rows = await sandbox.rows({ producer: "reserve-credit", key: orderId });
            const messages = rows.flatMap((row) => row.messages);
            answers.push(...messages.map((text) => (JSON.parse(text) as Envelope).type));
          }
          const altered = await alteredOnTheWay(sandbox, "main", orderMessages.map(bodyOf));
          const taken = altered.ids.length === 0;
          const wanted = [...(taken ? ["credit.credit-denied.v1"] : []), "credit.credit-reserved.v1"];
          return [
            ...([40, 30].includes(available) ? [] : [`G2: ${available} is available, and not 40 or 30`]),
            ...(answers.sort().join() === wanted.join() ? [] : [`G1: the orders were answered ${answers}`]),
            ...altered.violations,
          ];
        },
      };
    },
  };
}

function settleOrder(): Scenario {
  return {
    name: "settle-order",
    tampering: true,
    without: {
      "twice-before": "a FIFO group is with one invocation at a time",
      "twice-after": "a FIFO group is with one invocation at a time",
      "frozen-before": "a FIFO group is with one invocation at a time",
      "frozen-after": "a FIFO group is with one invocation at a time",
    },
    sandbox: {
      ...{ guarded: true, environment: () => timeouts, queues: { main: { fifo: true } } },
      tables: { ORDERS_TABLE: { stream: true }, SCHEDULES_TABLE: {} },
    },
    functions: [{ handler: "functions/orders/settle-order.ts", by: { kind: "queue", queue: "main" } }],
    async begin(sandbox, unique) {
      // as an earlier release stored it, without a time-out
      const order = { lines: [], shipTo: "here", total: 1, customerId: "c", placedAt: "", status: "new" };
      await sandbox.put("ORDERS_TABLE", { id: unique, version: 1, ...order });
      const orderMessages = [
        orderMessage(CreditReserved.from({ orderId: unique }), `${unique}-1`),
        orderMessage(OrderShipped.from({ orderId: unique, consignmentId: "C1" }), `${unique}-2`),
      ];
      await sandbox.send("main", ...orderMessages);
      return {
        async violations() {
          const { status, version } = (await sandbox.get("ORDERS_TABLE", unique)) ?? {};
          const reasons = (await sandbox.deadLetters("main")).map(({ body, reason }) =>
            orderMessages.map(bodyOf).includes(body) ? reason : `altered ${reason}`,
          );
          const ends = [
            "shipped 3 ",
            "new 1 altered SIGNATURE_INVALID,ORDER_STATUS", // the first is not authentic, so it holds no group
            "approved 2 altered SIGNATURE_INVALID",
          ];
          const end = `${status} ${version} ${reasons}`;
          return ends.includes(end) ? [] : [`G4, G7: the order and its dead letters: ${end}`];
        },
      };
    },
  };
}

function shipOrder(): Scenario {
  let carrier: TestCarrier;
  return {
    name: "ship-order",
    tampering: true,
    without: { "frozen-before": { at: ["POST /consignments"], because: "see the effect under a lease" } },
    sandbox: {
      guarded: true,
      tables: { SHIPPING_TABLE: {} },
      async open() {
        carrier = await aCarrier();
        return { environment: { CARRIER_URL: carrier.url, LIMITS: "carrier" }, close: () => carrier.stop() };
      },
    },
    functions: [{ handler: "functions/shipping/ship-order.ts", by: { kind: "queue", queue: "main" } }],
    async begin(sandbox, unique) {
      const lines = [{ sku: "s", quantity: 1, unitPrice: 1 }];
      const approved = orderMessage(
        OrderApproved.from({ orderId: unique, shipTo: "here", lines }),
        `${unique}-1`,
      );
      await sandbox.send("main", approved);
      return {
        async violations() {
          const booked = carrier.consignments(unique);
          const shipment = await sandbox.get("SHIPPING_TABLE", unique);
          const altered = await alteredOnTheWay(sandbox, "main", [approved.body]);
          const wanted = altered.ids.length === 0 ? 1 : 0;
          return [
            ...(booked === wanted ? [] : [`G8: the carrier has ${booked} consignments, and not ${wanted}`]),
            ...(Boolean(shipment) === Boolean(wanted) ? [] : ["G1: shipment and consignment differ"]),
            ...altered.violations,
          ];
        },
      };
    },
  };
}

function countOrderViews(): Scenario {
  return {
    name: "count-order-views",
    sandbox: { guarded: true, tables: { INSIGHTS_TABLE: {} } },
    functions: [{ handler: "functions/insights/count-order-views.ts", by: { kind: "queue", queue: "main" } }],
    async begin(sandbox, unique) {
      await sandbox.send("main", orderMessage(OrderViewed.from({ orderId: unique }), unique));
      return {
        async violations({ logs }) {
          const { views = 0 } = (await sandbox.get("INSIGHTS_TABLE", unique)) ?? {};
          const lost = logs.some(({ code, messageId }) => code === "LOST" && messageId === unique);
          return [
            ...(views === 0 || views === 1 ? [] : [`G9: ${views} views`]),
            ...(views === 0 && !lost ? ["G9: the loss is not counted"] : []),
            ...(await nothingParked(sandbox, "main")),
          ];
        },
      };
    },
  };
}

function bodyOf({ body }: { body: string }): string {
  return body;
}

function orderMessage(draft: Draft, id: string): { body: string; key: string } {
  return { body: asciiJson(anEnvelope({ ...draft, id, source: "/sample" })), key: draft.partitionkey };
}
