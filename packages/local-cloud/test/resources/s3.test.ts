import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ClaimCheckBucket } from "@essentially-once/constructs/claim-check-bucket";
import { localEngines } from "@essentially-once/testing/local-engines";
import { oneStack } from "@essentially-once/testing/synthesized";
import { CfnOutput } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { expect, test } from "vitest";
import { provision } from "../../src/provision/provision.ts";

const engines = localEngines();

test("a bucket is created under a name that a bucket may have, with the bytes that are put there", async () => {
  const { s3 } = engines.clients;
  const assembly = oneStack((stack) => {
    const claims = new ClaimCheckBucket(stack, "Claims", { keepsData: false });
    new CfnOutput(stack, "Arn", { value: claims.bucketArn });
  });
  const first = await provisioned(assembly);
  const { ClaimCheckBucket: name = "", Arn: arn } = first.outputs["Shop-test"] ?? {};
  expect(name).toMatch(/^shop-test-claims[a-z0-9]+-[a-z0-9]+$/);
  expect(arn).toBe(`arn:aws:s3:::${name}`);
  expect(first.ignored).toContain("AWS::S3::BucketPolicy");

  await s3.send(new PutObjectCommand({ Bucket: name, Key: "claims/1", Body: "text" }));
  expect(await provisioned(assembly)).toEqual(first);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: name, Key: "claims/1" }));
  expect(await Body?.transformToString()).toBe("text");
});

test("what would keep versions of objects is refused by name", async () => {
  const assembly = oneStack((stack) => void new Bucket(stack, "Archive", { versioned: true }));
  await expect(provisioned(assembly)).rejects.toThrow(
    "Shop/Archive (AWS::S3::Bucket): property VersioningConfiguration not supported",
  );
});

function provisioned(assemblyDirectory: string) {
  const { clients, endpoints } = engines;
  return provision({
    assemblyDirectory,
    clients,
    endpoints,
    functionUrlFor: (path) => `http://127.0.0.1/${path}/`,
  });
}
