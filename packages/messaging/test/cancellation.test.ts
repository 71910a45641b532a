import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { classifyCancellation, isTransient } from "../src/aws/cancellation.ts";

describe("classifyCancellation", () => {
  it("G2: sees the evidence before any other reason", () => {
    const item = { digest: { S: "d" } };
    for (const other of ["ConditionalCheckFailed", "TransactionConflict", "ValidationError"]) {
      expect(classify({ Code: "ConditionalCheckFailed", Item: item }, { Code: other })).toEqual({
        kind: "evidence",
        item,
      });
    }
  });

  it("D6: a failed condition of the state means that the state moved, whatever transient trouble there was", () => {
    expect(classify({ Code: "None" }, { Code: "ConditionalCheckFailed" })).toEqual({ kind: "state-moved" });
    expect(classify({ Code: "TransactionConflict" }, { Code: "ConditionalCheckFailed" })).toEqual({
      kind: "state-moved",
    });
  });

  it.each([
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "AccelerateWaitException",
    "TransactionInProgressException",
  ])("D6: only %s is transient", (code) => {
    expect(classify({ Code: "None" }, { Code: code })).toEqual({ kind: "transient", codes: [code] });
    expect(isTransient(code)).toBe(true);
  });

  it("D6: a reason that an engine leaves out is none", () => {
    expect(classify({}, { Code: "TransactionConflict" })).toEqual({
      kind: "transient",
      codes: ["TransactionConflict"],
    });
    expect(isTransient(undefined)).toBe(false);
  });

  it.each(["ValidationError", "ItemCollectionSizeLimitExceeded"])("D6: %s is refused", (code) => {
    expect(classify({ Code: code }, { Code: "ConditionalCheckFailed" })).toEqual({
      kind: "refused",
      codes: [code],
    });
  });

  it.each(["RequestLimitExceeded", "InternalServerError", "AccessDenied", "SomethingNew"])(
    "G6: %s, which says nothing of the message, passes",
    (code) => {
      expect(classify({ Code: code })).toEqual({ kind: "transient", codes: [code] });
    },
  );

  it("a cancellation without reasons is refused, not retried forever", () => {
    expect(classify()).toEqual({ kind: "refused", codes: [] });
  });
});

function classify(...reasons: NonNullable<TransactionCanceledException["CancellationReasons"]>) {
  const error = new TransactionCanceledException({
    message: "",
    $metadata: {},
    CancellationReasons: reasons,
  });
  return classifyCancellation(error, { evidenceIndex: 0 });
}
