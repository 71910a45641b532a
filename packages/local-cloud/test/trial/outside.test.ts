import { grantsToPages } from "@essentially-once/testing/foreign-page";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startOutside } from "../../src/trial/send/outside.ts";

let outside: Awaited<ReturnType<typeof startOutside>>;

beforeEach(async () => {
  outside = await startOutside(({ method, url, body }) => ({
    status: method === "POST" ? 201 : 200,
    body: { body, reference: url.searchParams.get("reference") },
  }));
});
afterEach(() => outside.stop());

test("answers programs of this machine in JSON, and does nothing for a web page", async () => {
  expect(new URL(outside.url).hostname).toBe("127.0.0.1");
  const asked = await fetch(`${outside.url}/books?reference=o-1`);
  expect({ status: asked.status, body: await asked.json() }).toEqual({
    status: 200,
    body: { reference: "o-1" },
  });
  const told = await fetch(outside.url, { method: "POST", body: JSON.stringify({ a: 1 }) });
  expect({ status: told.status, body: await told.json() }).toMatchObject({
    status: 201,
    body: { body: { a: 1 } },
  });
  expect(await grantsToPages(outside.url)).toEqual([]);
});

test("a body that is not JSON is a bad request", async () => {
  expect((await fetch(outside.url, { method: "POST", body: "{" })).status).toBe(400);
});

test("listens where it did before, or elsewhere when another has that port", async () => {
  const port = Number(new URL(outside.url).port);
  const answer = () => ({ status: 200, body: {} });
  const beside = await startOutside(answer, port);
  expect(beside.url).not.toBe(outside.url);
  await beside.stop();
  await outside.stop();
  outside = await startOutside(answer, port);
  expect(Number(new URL(outside.url).port)).toBe(port);
  expect(await grantsToPages(outside.url)).toEqual([]);
});
