// No server of the local cloud answers a web page, whatever the page sends and under whatever name it was served.

import { globSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import {
  asked,
  foreignRequests,
  grantsToPages,
  isClosedToBrowsers,
} from "@essentially-once/testing/foreign-page";
import { localEngines } from "@essentially-once/testing/local-engines";
import { expect, onTestFinished, test } from "vitest";
import { PORTS_CLOSED_TO_BROWSERS } from "../src/engines/dynoxide.ts";
import { startEngineProxy } from "../src/engines/engine-proxy.ts";
import { listenLocally } from "../src/engines/local-server.ts";
import { startFunctionUrls } from "../src/urls/function-urls.ts";

const engines = localEngines();

test.each(Object.keys(foreignRequests))("refuses %s before the server sees it", async (what) => {
  let seen = 0;
  const server = createServer((_, response) => {
    seen += 1;
    response.end();
  });
  const url = await listenLocally(server);
  onTestFinished(() => void server.close());
  const { status, headers, body } = await asked({ url, ...foreignRequests[what] });
  expect(status).toBe(403);
  expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
  expect(body).toContain("only answers programs on this machine");
  expect(seen).toBe(0);
});

test("answers a program, by either name of this machine and with Node's fetch", async () => {
  const server = createServer((_, response) => void response.end("here"));
  const url = await listenLocally(server);
  onTestFinished(() => void server.close());
  const { port } = new URL(url);
  expect(await (await fetch(url, { method: "POST", body: "{}" })).text()).toBe("here");
  expect((await asked({ url, headers: { host: `LOCALHOST:${port}` } })).body).toBe("here");
});

test.each(["sqs", "sns", "s3", "secretsManager", "dynamodb", "ssm"] as const)(
  "the %s engine does nothing for a page where it is announced",
  async (service) => {
    expect(await grantsToPages(engines.announced[service])).toEqual([]);
  },
);

test("the DynamoDB engine itself, which grants CORS to all, is where no browser connects", async () => {
  const { status } = await asked({ url: engines.endpoints.dynamodb });
  expect(status).toBe(200);
  expect(await isClosedToBrowsers(engines.endpoints.dynamodb)).toBe(true);
  for (const port of PORTS_CLOSED_TO_BROWSERS) {
    expect(await isClosedToBrowsers(`http://127.0.0.1:${port}`), `${port}`).toBe(true);
  }
});

test("an object stays where a page asked the engine to delete it", async () => {
  const { s3 } = engines.clients;
  const bucket = await engines.aBucket();
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "claim", Body: "kept" }));
  const url = `${engines.announced.s3}/${bucket}?delete`;
  const body = "<Delete><Object><Key>claim</Key></Object></Delete>";
  const headers = { origin: "http://site.example", "content-type": "text/plain" };
  expect((await asked({ url, method: "POST", headers, body })).status).toBe(403);
  expect((await asked({ url: `${engines.announced.s3}/${bucket}/claim` })).body).toBe("kept");
});

test("the function URLs do nothing for a page", async () => {
  const functionUrls = await startFunctionUrls();
  onTestFinished(functionUrls.stop);
  expect(await grantsToPages(functionUrls.urlFor("Orders"))).toEqual([]);
});

test("a proxy goes to its engine whatever host the request line names", async () => {
  const strangers: string[] = [];
  const stranger = createServer(({ url = "" }, response) => {
    strangers.push(url);
    response.end("the other server answers");
  });
  const elsewhere = await listenLocally(stranger);
  const proxy = await startEngineProxy({ target: engines.endpoints.dynamodb });
  onTestFinished(async () => void (await Promise.all([proxy.stop(), stranger.close()])));
  const { host } = new URL(elsewhere);
  for (const path of [`${elsewhere}/latest`, `//${host}/latest`, `\\\\${host}/latest`, `/\\${host}/latest`]) {
    const { body } = await asked({ url: proxy.endpoint, path });
    expect(body).not.toContain("the other server answers");
  }
  expect(strangers).toEqual([]);
});

test("the tables' proxy is a way to the tables for programs", async () => {
  const url = engines.announced.dynamodb;
  const headers = {
    "x-amz-target": "DynamoDB_20120810.DescribeTable",
    "content-type": "application/x-amz-json-1.0",
    authorization:
      "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    "x-amz-date": "20260101T000000Z",
  };
  const { tableName } = await engines.aStreamedTable();
  const { body } = await asked({
    url,
    method: "POST",
    headers,
    body: JSON.stringify({ TableName: tableName }),
  });
  const { Table } = await engines.clients.dynamodb.send(new DescribeTableCommand({ TableName: tableName }));
  expect(JSON.parse(body).Table.TableId).toBe(Table?.TableId);
});

test("nothing in local/ listens by itself", () => {
  const listening = globSync("packages/local-cloud/src/**/*.{ts,mjs}")
    .filter((file) => /\.listen\(/.test(readFileSync(file, "utf8")))
    .sort();
  expect(listening).toEqual([
    "packages/local-cloud/src/engines/engines.ts", // fauxqs, after refuseWebPages
    "packages/local-cloud/src/engines/free-ports.ts", // looks, and closes
    "packages/local-cloud/src/engines/local-server.ts",
  ]);
});
