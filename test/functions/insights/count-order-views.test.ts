import { dynamodb } from "@essentially-once/messaging/clients";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { newId } from "@essentially-once/messaging/ids";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { callFaults, type FaultAtCall, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { aContext, anSqsEvent, anSqsRecord } from "@essentially-once/testing/lambda";
import { aWorld, type World } from "@essentially-once/testing/world";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OrderViewed } from "../../../functions/insights/messages.ts";

let world: World;
let faults: FaultAtCall | undefined;
let handler: typeof import("../../../functions/insights/count-order-views.ts").handler;
let orderId: string;

beforeAll(async () => {
  world = await aWorld({ app: "bin/app.ts" });
  world.enter("Shipping/");
  process.env.INSIGHTS_TABLE ??= world.output("ShippingTable"); // any table with the key `id` will do
  ({ handler } = await import("../../../functions/insights/count-order-views.ts"));
});
beforeEach(() => {
  orderId = newId();
});
afterEach(() => faults?.remove());
afterAll(() => world.stop());

describe("count-order-views", () => {
  it("G9: counts each view once, however often it is delivered", async () => {
    const first = aView();
    await deliver(first, first, aView());
    await deliver(first);
    expect(await views()).toBe(2);
  });

  it.each(callFaults)("G9: counts a view at most once with the fault %s at each call", async (fault) => {
    for (const nth of [1, 2]) {
      orderId = newId();
      const view = aView();
      faults = faultAtCall(dynamodb(), { nth, fault });
      await Promise.race([deliver(view), faults.stopped]);
      faults.remove();
      await deliver(view);
      expect(await views()).toBeLessThanOrEqual(1);
    }
  });
});

function aView(): Envelope {
  return anEnvelope({ type: OrderViewed.type, data: { orderId, viewId: newId() } });
}

function deliver(...messages: Envelope[]) {
  return handler(anSqsEvent(...messages.map((message) => anSqsRecord(asciiJson(message)))), aContext());
}

async function views(): Promise<number> {
  return Number((await world.get(process.env.INSIGHTS_TABLE ?? "", orderId))?.views ?? 0);
}
