import { aContract, aType } from "@essentially-once/testing/internal/support/a-contract";
import { aTestApp } from "@essentially-once/testing/test-app";
import { Stack } from "aws-cdk-lib";
import { type IQueue, Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, test } from "vitest";
import { checkRoutes, type Wiring } from "../src/constructs/routes.ts";

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

test("G3: what each contract publishes and accepts fits together", () => {
  checkRoutes([
    publishes("sold", "returned"),
    accepts("charge", billing, "sold", "returned"),
    accepts("log", audit, "sold"),
  ]);
});

test("what another app has does not have to be in this one", () => {
  const elsewhere = [aType("sold"), aType("paid")];
  checkRoutes([{ ...publishes("sold"), elsewhere }, accepts("log", audit, "paid")]);
});

describe("refused at synth, naming who and the remedy", () => {
  test("G3: a published type that nothing accepts", () => {
    expect(() => checkRoutes([publishes("sold")])).toThrow(
      "sell publishes sold, which no contract accepts: add a consumer, stop publishing it",
    );
  });

  test("G6: an accepted type that nothing publishes", () => {
    expect(() => checkRoutes([accepts("charge", billing, "sodl")])).toThrow(
      "charge accepts sodl, which no contract publishes: add it to a contract's `publishes`",
    );
  });

  test("G2: two functions of one name, in whatever services, past the relay or not", () => {
    const charge = accepts("charge", billing, "sold");
    const copied = { contracts: [aContract("charge", { accepts: ["seen"] })], subscriptions: [] };
    expect(() => checkRoutes([publishes("sold"), charge, copied])).toThrow(
      "two functions have the name charge",
    );
    expect(() => checkRoutes([publishes("sold"), charge, charge])).toThrow(
      "its stack to the relay only once",
    );
  });

  test("all faults at once", () => {
    expect(() => checkRoutes([publishes("sold"), accepts("charge", billing, "sodl")])).toThrow(
      /charge accepts sodl[\s\S]*sell publishes sold/,
    );
  });
});
