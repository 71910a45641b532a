import { aContract } from "@essentially-once/testing/internal/support/a-contract";
import { aTestApp } from "@essentially-once/testing/test-app";
import { Stack } from "aws-cdk-lib";
import { type IQueue, Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { joinRoutes, routesJson, type Wiring } from "../src/constructs/routes.ts";

const stack = new Stack(aTestApp(), "Test");
const billing = aQueue("billing");
const audit = aQueue("audit");

function aQueue(name: string): IQueue {
  return Queue.fromQueueArn(stack, name, `arn:aws:sqs:eu-west-1:123456789012:${name}`);
}

function publishes(...types: string[]): Wiring {
  return { contracts: [aContract("sell", { publishes: types })], subscriptions: [] };
}

function accepts(name: string, queue: IQueue, ...types: string[]): Wiring {
  const contract = aContract(name, { accepts: types });
  return { contracts: [contract], subscriptions: [{ contract, queue }] };
}

describe("routes", () => {
  test("G3: lead each published type to every consumer that accepts it", () => {
    const routes = joinRoutes([
      publishes("sold", "returned"),
      accepts("charge", billing, "sold", "returned"),
      accepts("log", audit, "sold"),
    ]);
    expect(Object.fromEntries(routes)).toEqual({ sold: [billing, audit], returned: [billing] });
  });

  test("are the same whatever the order of the services, so that an unchanged deployment has no diff", () => {
    const services = [publishes("b", "a"), accepts("charge", billing, "a", "b")];
    expect([...joinRoutes(services).keys()]).toEqual([...joinRoutes(services.toReversed()).keys()]);
  });

  test("travel as JSON of queue URLs", () => {
    const routes = joinRoutes([publishes("sold"), accepts("charge", billing, "sold")]);
    expect(JSON.stringify(stack.resolve(routesJson(stack, routes)))).toContain(
      '{\\"sold\\":[\\"https://sqs.eu-west-1.',
    );
  });
});

describe("refused at synth, naming who and the remedy", () => {
  test("G3: a published type that nothing accepts", () => {
    expect(() => joinRoutes([publishes("sold")])).toThrow(
      "sell publishes sold, which nothing accepts: add a consumer or stop publishing it",
    );
  });

  test("G6: an accepted type that nothing publishes", () => {
    expect(() => joinRoutes([accepts("charge", billing, "sodl")])).toThrow(
      "charge accepts sodl, which nothing publishes: add it to a contract's `publishes`",
    );
  });

  test("G2: two functions of one name, in whatever services, past the relay or not", () => {
    const charge = accepts("charge", billing, "sold");
    const copied = { contracts: [aContract("charge", { accepts: ["seen"] })], subscriptions: [] };
    expect(() => joinRoutes([publishes("sold"), charge, copied])).toThrow(
      "two functions have the name charge",
    );
    expect(() => joinRoutes([publishes("sold"), charge, charge])).toThrow("its stack to the relay once");
  });

  test("all faults at once", () => {
    expect(() => joinRoutes([publishes("sold"), accepts("charge", billing, "sodl")])).toThrow(
      /charge accepts sodl[\s\S]*sell publishes sold/,
    );
  });
});
