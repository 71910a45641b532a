// How a user proves an endpoint: one that is wrong on purpose is caught, whatever the invariant asks for.
import { exploreEndpoint } from "@essentially-once/testing/explore-endpoint";
import { expect, it } from "vitest";

const handler = "packages/proofs/scenarios/handlers/answers-anew.ts";

it("G2: finds an endpoint that answers one key in two ways", async () => {
  const request = (id: string) => ({ till: id, amount: 5 });
  await expect(exploreEndpoint(handler, { request, invariant: async () => undefined })).rejects.toThrow(
    "G2: one key has the answers",
  );
});
