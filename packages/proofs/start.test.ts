// `npm start` as a user meets it: a process, its output, its exit code, and what it leaves behind.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { grantsToPages, isClosedToBrowsers } from "@essentially-once/testing/foreign-page";
import { childrenOf, listeningSockets } from "@essentially-once/testing/listening-sockets";
import { afterEach, expect, test } from "vitest";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** What roles allow although a short run without trouble does not use it; whatever else nobody uses is to be taken away. */
const mayBeUnused = [
  /: dynamodb:(Get|Put|Update|ConditionCheck|BatchGet)Item on \w+\/(Table|Evidence)$/, // whatever a unit of work may hold
  /^Relay\/Publish\/.*: dynamodb:(BatchWriteItem on Foundation\/Outbox|UpdateItem on Foundation\/OrderedOutbox)$/, // rows of older releases; rows that were tried
  /: dynamodb:PutItem on Foundation\/(Ordered)?Outbox$/, // of a handler that publishes nothing yet; of the publisher, what it could not send
  /: dynamodb:PartiQL(Insert|Update) on \w+\/(Table|Evidence)$/, // messages that come together
  /: sqs:SendMessage on Foundation\/Schedules\/WakeUps\/Messages$/, // of what is due within minutes
  /^Relay\/Dispatch\/.*: dynamodb:/, // in a run that ends before a time-out
  /SettleOrder.*: dynamodb:(Delete|Update)Item on Orders\/Evidence$/, // holds, behind a parked message
  /Orders\/\S+: dynamodb:(BatchGet|Get|Update|Delete)Item on Foundation\/Schedules\/Table$/, // cancel and move, together
  /: sqs:(ChangeMessageVisibility|SendMessage) on .*\/Queue\/(Messages|DeadLetters)$/, // retry later, park; the sweeper's sends
  /PublishItems\/.*: dynamodb:(BatchWriteItem|Query) on Foundation\/OrderedOutbox$/, // of a queue that is gone
  /PublishItems\/.*: dynamodb:BatchGetItem on Foundation\/Journal$/, // what is there already
  /^Relay\/Sweep\/.*: (dynamodb|secretsmanager|s3|ssm|sqs):/, // missing-grant.test.ts has it send all there is
  /: s3:(Get|Put)Object on Foundation\/Claims\/|: s3:ListBucket on Foundation\/Claims$/, // of wholesale orders
];

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

test.each([
  [["--orders", "-1"], '--orders must be a whole number from 0 to 100000, got "-1".'],
  [["--frobnicate"], "Known flags: --orders"],
])("%j ends with code 2 and says why", async (argv, message) => {
  const run = start(argv);
  expect(await run.exitCode).toBe(2);
  expect(run.stderr()).toContain(message);
  expect(run.stderr()).not.toContain("    at "); // no stack trace
});

test("--help explains itself and does nothing", async () => {
  const run = start(["--help"]);
  expect(await run.exitCode).toBe(0);
  expect(run.stdout()).toContain("--chaos LEVEL");
});

test("a run of a few orders, and one by hand, holds every invariant, and its last line says so to a program", async () => {
  const run = start(["--orders", "8", "--chaos", "0", "--json"]);
  await run.says("Sending 8 orders");
  expect(await placeByHand(run.processId)).toBe(201);
  expect(await run.exitCode).toBe(0);
  const summary = JSON.parse(run.stdout().trim().split("\n").at(-1) ?? "");
  expect(summary).toMatchObject({
    ok: true,
    placed: 9,
    redriven: 1,
    lost: 0,
    doubled: 0,
    moneyConserved: true,
    denied: 0,
    outageSeconds: expect.toSatisfy((seconds) => seconds >= 1),
    pausedSeconds: expect.toSatisfy((seconds) => seconds >= 0.5),
  });
  expect(
    summary.unusedPermissions.filter((line: string) => !mayBeUnused.some((known) => known.test(line))),
  ).toEqual([]);
  expect(summary.shipped + summary.canceled + summary.parked).toBe(9);
  expect(run.stdout().trim().split("\n")).toHaveLength(1);
  for (const reason of ["NOT_JSON", "ENVELOPE_INVALID", "TYPE_UNKNOWN", "DATA_INVALID", "ACCOUNT_UNKNOWN"]) {
    expect(run.stderr()).toContain(reason);
  }
  const lines = run.stderr().trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(lines.filter(({ length }) => length > 80)).toEqual([]);
  expect(lines.at(-1)).toContain("ok: every invariant holds");
});

test("a port that is taken is named, with the flag", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const run = start(["--orders", "1", "--port", `${port}`]);
  expect(await run.exitCode).toBe(1);
  expect(run.stderr()).toContain(`Port ${port}`);
  expect(run.stderr()).toContain("--port");
  expect(run.stdout()).not.toContain("Synthesizing"); // said before anybody waits for it
  taken.close();
});

test("no port that it opens does anything for a web page; Ctrl-C stops every child and leaves nothing behind", async () => {
  const run = start(["--orders", "5000"]);
  await run.says("Sending 5000 orders");
  const opened = listeningSockets(run.processId);
  expect(opened.length).toBeGreaterThan(6); // engines, proxies of functions, function URLs, the carrier
  expect(opened.filter((url) => !url.startsWith("http://127."))).toEqual([]);
  const granted: string[] = [];
  for (const url of opened) {
    if (await isClosedToBrowsers(url)) continue; // no request of a page goes there
    granted.push(...(await grantsToPages(url)));
  }
  const page = /^ {2}(http:\S+)\/#token=/m.exec(run.stdout())?.[1];
  expect(opened).toContain(page);
  expect(granted).toEqual([`${page}: an address that is typed: 200`]); // the console's page, which has nothing to tell

  const children = childrenOf(run.processId);
  expect(children.length).toBeGreaterThan(0);
  const cloudFile = cloudFileOf(run.processId);
  expect(cloudFile).toBeDefined();
  run.interrupt();
  expect(await run.exitCode).toBe(130);
  expect(children.filter(isAlive)).toEqual([]);
  expect(existsSync(cloudFile ?? "")).toBe(false);
});

function start(argv: readonly string[]) {
  const child = spawn(process.execPath, [`${PROJECT}demo/start.ts`, ...argv], { cwd: PROJECT });
  running.add(child);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return {
    processId: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    exitCode: once(child, "close").then(([code]) => {
      running.delete(child);
      return code as number;
    }),
    interrupt: () => child.kill("SIGINT"),
    says: (text: string) =>
      new Promise<void>((resolve, reject) => {
        for (const stream of [child.stdout, child.stderr])
          stream.on("data", () => `${stdout}${stderr}`.includes(text) && resolve());
        child.once("close", () => reject(new Error(`it ended without saying ${text}: ${stderr}`)));
      }),
  };
}

function cloudFileOf(processId: number): string | undefined {
  return [".local-cloud/cloud.json", `.local-cloud/${processId}/cloud.json`]
    .map((file) => `${PROJECT}${file}`)
    .find((file) => existsSync(file) && JSON.parse(readFileSync(file, "utf8")).processId === processId);
}

/** As a reader does it who has the address. */
async function placeByHand(processId: number): Promise<number> {
  const { outputs } = JSON.parse(readFileSync(cloudFileOf(processId) ?? "", "utf8"));
  const { PlaceOrderUrl } = Object.assign({}, ...Object.values(outputs));
  const { status } = await fetch(PlaceOrderUrl, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": "by-hand" },
    body: JSON.stringify({
      customerId: "customer-0001",
      shipTo: "1 Harbour Road, Lisbon",
      lines: [{ sku: "rope", quantity: 1, unitPrice: 1 }],
    }),
  });
  return status;
}

function isAlive(processId: number): boolean {
  return existsSync(`/proc/${processId}`);
}
