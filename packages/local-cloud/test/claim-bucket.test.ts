// Data of a message in the claim-check bucket of a stage, which is another engine, under the same reference here.
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { claimStore } from "@essentially-once/messaging/internal/commit/claim-store";
import type { Connection } from "@essentially-once/operator/internal/connect/connection";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engines, startEngines } from "../src/engines/engines.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../src/model/clients.ts";
import type { LocalFunction } from "../src/model/model.ts";
import { claimBucket } from "../src/pull/claim-bucket.ts";

let engines: Engines[];
let s3: S3Client[];

beforeAll(async () => {
  engines = await Promise.all([startEngines({ own: true }), startEngines({ own: true })]);
  s3 = engines.map(({ endpoints }) => s3At(endpoints.s3));
  for (const [index, Bucket] of ["there", "here"].entries())
    await s3[index]?.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  for (const client of s3) client.destroy();
  for (const engine of engines) await engine.stop();
});

test("G2: what a message refers to is here under the stage's name of the bucket, and read by the function", async () => {
  const dataref = await claimStore({ bucket: "there", client: s3[0] as S3Client }).put('{"n":1}');
  const claims = await claimBucket(stage(), { outputs: outputs("here"), s3: s3[1] as S3Client });
  await claims.bring(dataref);
  const fn = { environment: { CLAIM_CHECK_BUCKET: "here", TABLE: "here-not" } } as unknown as LocalFunction;
  const { environment } = claims.usedBy(fn);
  expect(environment).toEqual({ CLAIM_CHECK_BUCKET: "there", TABLE: "here-not" });
  const store = claimStore({ bucket: environment.CLAIM_CHECK_BUCKET ?? "", client: s3[1] as S3Client });
  expect(await store.get(dataref)).toBe('{"n":1}');
});

test("a reference that leads nowhere brings nothing: the handler refuses it", async () => {
  const claims = await claimBucket(stage(), { outputs: outputs("there"), s3: s3[1] as S3Client });
  await claims.bring(`s3://there/claims/${"x".repeat(43)}`);
  const missing = new GetObjectCommand({ Bucket: "there", Key: `claims/${"x".repeat(43)}` });
  await expect(s3[1]?.send(missing)).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("a request is judged as one to the bucket of this machine, and its source, too", async () => {
  const claims = await claimBucket(stage("far"), { outputs: outputs("here"), s3: s3[1] as S3Client });
  const headers = { "x-amz-copy-source": "far/claims/a" };
  const request = { method: "PUT", url: new URL("http://s3/far/kept/far?x=1"), headers };
  const judged = claims.judged(request);
  expect(judged.url.href).toBe("http://s3/here/kept/far?x=1");
  expect(judged.headers["x-amz-copy-source"]).toBe("here/claims/a");
  expect(claims.judged({ ...request, url: new URL("http://s3/farther/a"), headers: {} }).url.pathname).toBe(
    "/farther/a",
  );
});

function stage(bucket = "there"): Connection {
  const { endpoints } = engines[0] as Engines;
  const local = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, endpoints: { s3: endpoints.s3 } };
  return { outputs: outputs(bucket), local } as unknown as Connection;
}

function outputs(bucket: string) {
  return { "App-dev-Foundation": { ClaimCheckBucket: bucket } };
}

function s3At(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    forcePathStyle: true,
  });
}
