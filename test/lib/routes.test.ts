import { Stack } from "aws-cdk-lib";
import { type IQueue, Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { joinRoutes, routesJson, type Wiring } from "../../lib/routes.ts";
import { aTestApp } from "../support/test-app.ts";

const stack = new Stack(aTestApp(), "Test");
const billing = aQueue("billing");
const audit = aQueue("audit");

function aQueue(name: string): IQueue {
  return Queue.fromQueueArn(stack, name, `arn:aws:sqs:eu-west-1:123456789012:${name}`);
}

function publishes(...types: string[]): Wiring {
  return { publications: [{ producer: "Shop/Sell", types }], subscriptions: [] };
}

function accepts(consumer: string, queue: IQueue, ...types: string[]): Wiring {
  return { publications: [], subscriptions: [{ consumer, types, queue }] };
}

describe("routes", () => {
  test("G3: lead each published type to every consumer that accepts it", () => {
    const routes = joinRoutes([
      publishes("sold", "returned"),
      accepts("Billing/Charge", billing, "sold", "returned"),
      accepts("Audit/Log", audit, "sold"),
    ]);
    expect(Object.fromEntries(routes)).toEqual({ sold: [billing, audit], returned: [billing] });
  });

  test("are the same whatever the order of the services, so that an unchanged deployment has no diff", () => {
    const services = [publishes("b"), publishes("a"), accepts("Billing/Charge", billing, "a", "b")];
    expect([...joinRoutes(services).keys()]).toEqual([...joinRoutes(services.toReversed()).keys()]);
  });

  test("travel as JSON of queue URLs", () => {
    const routes = joinRoutes([publishes("sold"), accepts("Billing/Charge", billing, "sold")]);
    expect(JSON.stringify(stack.resolve(routesJson(stack, routes)))).toContain(
      '{\\"sold\\":[\\"https://sqs.eu-west-1.',
    );
  });
});

describe("refused at synth, naming who and the remedy", () => {
  test("G3: a published type that nothing accepts", () => {
    expect(() => joinRoutes([publishes("sold")])).toThrow(
      "Shop/Sell publishes sold, which nothing accepts: add a consumer or stop publishing it",
    );
  });

  test("G6: an accepted type that nothing publishes", () => {
    expect(() => joinRoutes([accepts("Billing/Charge", billing, "sodl")])).toThrow(
      "Billing/Charge accepts sodl, which nothing publishes: add it to a producer's `publishes`",
    );
  });

  test("a type accepted twice by one consumer, which would get every message twice", () => {
    expect(() => joinRoutes([publishes("sold"), accepts("Billing/Charge", billing, "sold", "sold")])).toThrow(
      "Billing/Charge accepts sold twice: name it once",
    );
  });

  test("a consumer subscribed twice", () => {
    const charge = accepts("Billing/Charge", billing, "sold");
    expect(() => joinRoutes([publishes("sold"), charge, charge])).toThrow(
      "Billing/Charge is subscribed twice: give its stack to the relay once",
    );
  });

  test("all faults at once", () => {
    expect(() => joinRoutes([publishes("sold"), accepts("Billing/Charge", billing, "sodl")])).toThrow(
      /Billing\/Charge accepts sodl[\s\S]*Shop\/Sell publishes sold/,
    );
  });
});
