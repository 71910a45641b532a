import { expect, it } from "vitest";
import { type Registered, routeFaults } from "../src/publish/route-faults.ts";

const sell = aContract("sell", { publishes: ["sold.v1"] });
const charge = aContract("charge", { accepts: [["sold.v2", "sold.v1"]] });

it("G3, G6: contracts that fit each other have no fault, in whatever version of a type", () => {
  expect(routeFaults([sell, charge])).toEqual([]);
  expect(routeFaults([sell, charge], { all: true })).toEqual([]);
  expect(routeFaults([])).toEqual([]);
});

it("G6: a type that nothing publishes is a fault, unless it comes from elsewhere", () => {
  const fault =
    "charge accepts sold.v2, which no contract publishes: add it to a contract's `publishes`, or call " +
    "expectFromElsewhere(...) in its stack";
  expect(routeFaults([charge])).toEqual([fault]);
  const elsewhere = { ...charge, elsewhere: ["sold.v1"] };
  expect(routeFaults([elsewhere])).toEqual([]);
  expect(routeFaults([elsewhere], { all: true })).toEqual([fault]);
});

it("G3: a type that nothing accepts is a fault, unless it is accepted elsewhere", () => {
  const fault =
    "sell publishes sold.v1, which no contract accepts: add a consumer, stop publishing it, or call " +
    "acceptedElsewhere(...) in its stack";
  expect(routeFaults([sell])).toEqual([fault]);
  const elsewhere = { ...sell, elsewhere: ["sold.v1"] };
  expect(routeFaults([elsewhere])).toEqual([]);
  expect(routeFaults([elsewhere], { all: true })).toEqual([fault]);
});

it("G2: a name that several functions have is one fault", () => {
  const [one, ...others] = routeFaults([sell, charge, { ...charge }, { ...charge }]);
  expect(one).toContain("two functions have the name charge");
  expect(others).toEqual([]);
});

function aContract(name: string, given: Partial<Registered>): Registered {
  return { name, accepts: [], publishes: [], elsewhere: [], ...given };
}
