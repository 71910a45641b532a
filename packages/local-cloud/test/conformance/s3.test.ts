// What the product relies on from S3 for claim checks, whichever engine stands behind the endpoint.

import { createHash } from "node:crypto";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { aName, conformanceClients } from "@essentially-once/testing/internal/support/conformance-clients";
import { expect, onTestFinished, test } from "vitest";

const clients = conformanceClients();

async function aBucket(): Promise<string> {
  const { s3 } = clients();
  const Bucket = aName("bucket");
  await s3.send(new CreateBucketCommand({ Bucket }));
  onTestFinished(async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    for (const { Key } of Contents) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
  });
  return Bucket;
}

function put(Bucket: string, Key: string, text: string): Promise<unknown> {
  const ChecksumSHA256 = createHash("sha256").update(text).digest("base64");
  return clients().s3.send(
    new PutObjectCommand({
      Bucket,
      Key,
      Body: Buffer.from(text),
      ContentType: "application/json",
      ChecksumSHA256,
    }),
  );
}

async function textOf(Bucket: string, Key: string): Promise<string | undefined> {
  const { Body } = await clients().s3.send(new GetObjectCommand({ Bucket, Key }));
  return Body?.transformToString();
}

test("an object is what was put, megabytes of it too", async () => {
  const bucket = await aBucket();
  const text = "é".repeat(2_000_000);
  await put(bucket, "claims/one", text);
  expect(await textOf(bucket, "claims/one")).toBe(text);
});

test("put again it is the same object", async () => {
  const bucket = await aBucket();
  for (const _ of ["once", "again"]) await put(bucket, "claims/one", "{}");
  expect(await textOf(bucket, "claims/one")).toBe("{}");
  const { KeyCount } = await clients().s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  expect(KeyCount).toBe(1);
});

test("an object that is not there is said to be missing, as the source of a copy too", async () => {
  const bucket = await aBucket();
  await expect(textOf(bucket, "claims/none")).rejects.toBeInstanceOf(NoSuchKey);
  const copy = new CopyObjectCommand({
    Bucket: bucket,
    Key: "kept/none",
    CopySource: `${bucket}/claims/none`,
  });
  await expect(clients().s3.send(copy)).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("a copy stays when its source is deleted", async () => {
  const bucket = await aBucket();
  await put(bucket, "claims/one", "{}");
  const copy = new CopyObjectCommand({ Bucket: bucket, Key: "kept/one", CopySource: `${bucket}/claims/one` });
  await clients().s3.send(copy);
  await clients().s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: "claims/one" }));
  expect(await textOf(bucket, "kept/one")).toBe("{}");
});
