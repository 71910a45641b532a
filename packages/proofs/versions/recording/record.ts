// `node packages/proofs/versions/recording/record.ts`: writes what this release stores and sends, with what it makes of that
// itself, to recorded/VERSION/. Done once for each release, by its own code; nothing changes a recording afterwards.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startEngines } from "@essentially-once/local-cloud/internal/engines/engines";
import {
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import { nowIso } from "@essentially-once/messaging/clock";
import { kinds, readLater } from "./all.ts";
import { openStage } from "./stage.ts";
import "@essentially-once/testing/quiet-logs";

const { version } = JSON.parse(readFileSync("packages/messaging/package.json", "utf8"));
const directory = new URL(`../recorded/${version}/`, import.meta.url);
mkdirSync(directory, { recursive: true });
const engines = await startEngines();
Object.assign(process.env, {
  AWS_REGION: LOCAL_REGION,
  AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
  AWS_ENDPOINT_URL_SQS: engines.endpoints.sqs,
  AWS_ENDPOINT_URL_S3: engines.endpoints.s3,
  AWS_ENDPOINT_URL_DYNAMODB: engines.endpoints.dynamodb,
});
const clients = localClients(engines.endpoints);
for (const kind of kinds) {
  const file = new URL(`${kind.name}.json`, directory);
  if (existsSync(file)) continue;
  const at = nowIso();
  const writing = await openStage(clients, kind.name, kind);
  const given = (await kind.write(writing)) ?? null;
  const stored = await writing.stored();
  await writing.close();
  const recorded = { version, at, given, stored };
  const outcome = await readLater(clients, kind, recorded);
  writeFileSync(file, `${JSON.stringify({ ...recorded, outcome }, null, 1)}\n`);
  console.log(kind.name, JSON.stringify(outcome).slice(0, 300));
}
await engines.stop();
execFileSync(process.execPath, [
  "node_modules/@biomejs/biome/bin/biome",
  "format",
  "--write",
  fileURLToPath(directory),
]);
