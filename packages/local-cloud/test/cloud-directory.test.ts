import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLOUD_FILE, connect } from "@essentially-once/operator/internal/connect/connection";
import { afterEach, beforeEach, expect, test } from "vitest";
import { takeCloudDirectory } from "../src/cloud-directory.ts";

const NOBODY = 2 ** 22 + 1; // above the largest process id of Linux
const NOWHERE = "http://127.0.0.1:1";
const outputs = { Credit: { CreditTable: "t" } };

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "cloud-place-"));
});

afterEach(() => rmSync(project, { recursive: true }));

test("the first takes the place, tells the operator's commands, and leaves it empty", async () => {
  const place = await takeCloudDirectory(project);
  expect(() => connect({ cloudFile: place.cloudFile })).toThrow("still starting");
  place.announce({ endpoints: { sqs: NOWHERE, dynamodb: NOWHERE }, outputs });
  expect(connect({ cloudFile: place.cloudFile }).outputs).toEqual(outputs);
  place.leave();
  expect(existsSync(place.cloudFile)).toBe(false);
  expect(() => connect({ cloudFile: place.cloudFile })).toThrow("start one with `npm start`");
});

test("the place of a process that is gone is free, and its file is said to be stale", async () => {
  const old = await takeCloudDirectory(project, NOBODY);
  old.announce({ endpoints: { sqs: NOWHERE, dynamodb: NOWHERE }, outputs });
  expect(() => connect({ cloudFile: old.cloudFile })).toThrow(`(process ${NOBODY}) is no longer running`);
  const place = await takeCloudDirectory(project);
  expect(place.cloudFile).toBe(join(project, CLOUD_FILE));
  expect(place.beside).toBeUndefined();
});

test("a process that only got the number of the old one does not keep the place", async () => {
  const old = await takeCloudDirectory(project, process.ppid);
  old.announce({ endpoints: { sqs: NOWHERE, dynamodb: NOWHERE }, outputs });
  expect((await takeCloudDirectory(project)).beside).toBeUndefined();
});

test("one that starts beside a living one keeps to itself", async () => {
  const server = createServer((_request, response) => response.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const sqs = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const first = await takeCloudDirectory(project, process.ppid);
  first.announce({ endpoints: { sqs, dynamodb: NOWHERE }, outputs });
  const second = await takeCloudDirectory(project);
  expect(second.beside).toBe(process.ppid);
  expect(second.assemblyDirectory).not.toBe(first.assemblyDirectory);
  second.leave();
  expect(JSON.parse(readFileSync(first.cloudFile, "utf8"))).toMatchObject({ processId: process.ppid });
  server.close();
});
