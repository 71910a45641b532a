import { expect, test } from "vitest";
import { openCarrier } from "../../demo/carrier.ts";

const order = { reference: "o-1", shipTo: "1 Harbour Road", lines: [] };

test("books as often as it is asked to, and is asked by reference: the reconciliation must see it", () => {
  const carrier = openCarrier();
  const body = { consignmentId: "C000001", reference: "o-1" };
  expect(ask(carrier, "POST", order)).toEqual({ status: 201, body });
  expect(ask(carrier, "POST", { ...order, reference: "o-2" })).toMatchObject({ status: 201 });
  expect(ask(carrier, "GET")).toEqual({ status: 200, body: [{ ...body, lines: [] }] });
  expect(carrier.lookedUp()).toBe(1);
  expect(carrier.consignments).toHaveLength(2);
});

test.each([
  [{ ...order, shipTo: "Atlantis, 1 Main Road" }, 422],
  [{ ...order, shipTo: "Bermuda, 1 Main Road" }, 503],
  [{ reference: 1, shipTo: "x" }, 400],
  [undefined, 400],
])("%j is answered %i and books nothing", (body, status) => {
  const carrier = openCarrier();
  expect(ask(carrier, "POST", body).status).toBe(status);
  expect(carrier.consignments).toEqual([]);
});

function ask({ answer }: ReturnType<typeof openCarrier>, method: string, body?: unknown) {
  return answer({ method, url: new URL("http://carrier/consignments?reference=o-1"), headers: {}, body });
}
