import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { requireFree } from "../src/engines/free-ports.ts";

const server = createServer();

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => void server.close());

test.each([
  ["functionUrls", "--port"],
  ["sqs", "--sqs-port"],
  ["dynamodb", "--dynamodb-port"],
])("a port of %s that is taken is named, with %s", async (name, flag) => {
  const { port } = server.address() as AddressInfo;
  const refused = requireFree({ [name]: port });
  await expect(refused).rejects.toMatchObject({ name: "PortInUse", message: expect.stringContaining(flag) });
  await expect(refused).rejects.toThrow(`Port ${port}`);
});

test("a port that was looked at is free afterwards, and none has to be given", async () => {
  const other = createServer();
  await once(other.listen(0, "127.0.0.1"), "listening");
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => other.close(resolve));
  await requireFree({ sqs: port });
  await requireFree({ sqs: port });
  await requireFree({});
});
