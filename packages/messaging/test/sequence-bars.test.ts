import { anEnvelope } from "@essentially-once/testing/an-envelope";
import { expect, it } from "vitest";
import { barNumber } from "../src/commit/sequence-evidence.ts";
import { unitOfWork } from "../src/commit/unit-of-work.ts";

it("G2: a bar in an item without evidence is all that is written, with as much of the digest as is compared", () => {
  const message = anEnvelope({ sequence: "5" });
  const unit = unitOfWork({ contract: { name: "tests", publishes: [] }, cause: message });
  const delivery = { consumer: "tests", message, unit, deadlineMs: 0 };
  expect(barNumber(undefined, delivery, "taken")).toMatch(/^![^ .]{16}\.5\.[^ .]+$/);
  expect(barNumber(undefined, delivery, "void")).toMatch(/^\*[^ .]{16}\.5\.[^ .]+$/);
});
