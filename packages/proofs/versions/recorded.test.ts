// What earlier releases have stored and sent means to this one what it meant to them.
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "@essentially-once/local-cloud/internal/model/clients";
import { localEngines } from "@essentially-once/testing/local-engines";
import { beforeAll, describe, expect, it } from "vitest";
import { kinds, type Recorded, readLater } from "./recording/all.ts";

const recordings = new URL("recorded/", import.meta.url);
const releases = readdirSync(recordings);
const engines = localEngines();

beforeAll(() => {
  const { sqs, s3, dynamodb } = engines.endpoints;
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: sqs,
    AWS_ENDPOINT_URL_S3: s3,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
  });
});

describe.each(releases)("release %s", (release) => {
  it.each(kinds)("G2, G6: left $name behind, and this one makes the same of it", async (kind) => {
    const file = new URL(`${release}/${kind.name}.json`, recordings);
    const recorded = JSON.parse(readFileSync(file, "utf8")) as Recorded & { readonly outcome: unknown };
    expect(await readLater(engines.clients, kind, recorded)).toEqual(recorded.outcome);
  });
});

describe("docs/upgrading.md", () => {
  const text = readFileSync("docs/upgrading.md", "utf8");

  it("lists each format that is recorded, and each that it lists is recorded", () => {
    const [, section = ""] = text.split("\n## Formats\n");
    const [table = ""] = section.split("\n## ");
    const listed = [...table.matchAll(/^\| ([a-z][^|]*?) \|/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== "format");
    expect(listed.sort()).toEqual(kinds.flatMap(({ formats }) => formats).sort());
  });

  it("lists each attribute by which items of the kit are known", () => {
    const sources = globSync("packages/messaging/src/**/*.ts").map((file) => readFileSync(file, "utf8"));
    const hidden = sources.flatMap((source) =>
      [...source.matchAll(/\$\{hiddenPrefix\}([a-z_A-Z]+)`/g)].map(([, name]) => name),
    );
    expect(hidden.length).toBeGreaterThan(3);
    for (const name of new Set(hidden)) expect(text).toContain(`eo_${name}`);
  });

  it("names files that are there", () => {
    for (const [, path = ""] of text.matchAll(/`(packages\/[\w./-]+)`/g)) expect(existsSync(path)).toBe(true);
  });
});
