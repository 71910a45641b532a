import { evidenceDays } from "@essentially-once/messaging/internal/envelope/message-life";
import { grantsOf } from "@essentially-once/testing/policies";
import { aConfig, aTestApp, propertiesOf, resourceOf, templateOf } from "@essentially-once/testing/test-app";
import { Stack, Validations } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { ClaimCheckBucket } from "../../src/constructs/claim-check-bucket.ts";
import { NodeFunction } from "../../src/constructs/node-function.ts";

const bucket = "AWS::S3::Bucket";

describe("the claim-check bucket", () => {
  const template = templateOf((stack) => void new ClaimCheckBucket(stack, "Claims", { keepsData: false }));

  test("is encrypted, closed to the public, and refuses requests without TLS", () => {
    expect(propertiesOf(template, bucket)).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    const { PolicyDocument } = propertiesOf(template, "AWS::S3::BucketPolicy") as {
      PolicyDocument: { Statement: object[] };
    };
    expect(PolicyDocument.Statement).toMatchObject([
      { Effect: "Deny", Action: "s3:*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    ]);
  });

  test("G1, G10: a claim-check object outlives its message, and an object that the journal refers to does not expire", () => {
    const { LifecycleConfiguration } = propertiesOf(template, bucket) as {
      LifecycleConfiguration: { Rules: { Prefix?: string; ExpirationInDays?: number }[] };
    };
    const expiring = LifecycleConfiguration.Rules.filter(({ ExpirationInDays }) => ExpirationInDays);
    expect(expiring).toMatchObject([{ Prefix: "claims/" }, { Prefix: "parked/" }]);
    expect(expiring[0]?.ExpirationInDays).toBeGreaterThan(evidenceDays);
    expect(LifecycleConfiguration.Rules).toContainEqual(
      expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
    );
  });

  test("outlives its stack where data is kept", () => {
    const kept = templateOf((stack) => void new ClaimCheckBucket(stack, "Claims", { keepsData: true }));
    expect(resourceOf(kept, bucket).DeletionPolicy).toBe("RetainExceptOnCreate");
    expect(resourceOf(template, bucket).DeletionPolicy).toBe("Delete");
  });
});

describe("a function may", () => {
  test("put claim-check objects, and not read them", () => {
    expect(grants((claims, user) => claims.allowPutting(user))).toEqual({ "claims/*": ["s3:PutObject"] });
  });

  test("read claim-check objects, kept ones too, and find out that one is missing", () => {
    expect(grants((claims, user) => claims.allowReading(user))).toEqual({
      "": ["s3:ListBucket"],
      "claims/*": ["s3:GetObject"],
      "kept/*": ["s3:GetObject"],
    });
  });

  test("keep claim-check objects for the journal", () => {
    expect(grants((claims, user) => claims.allowKeeping(user))).toEqual({
      "": ["s3:ListBucket"],
      "claims/*": ["s3:GetObject"],
      "kept/*": ["s3:PutObject"],
    });
  });

  test.each(["its own", "another"])("a function of %s stack has each wildcard acknowledged", (where) => {
    const app = aTestApp();
    const stack = new Stack(app, "Test", { stackName: "Test" });
    const claims = new ClaimCheckBucket(stack, "Claims", { keepsData: false });
    const other = where === "another" ? new Stack(app, "Other", { stackName: "Other" }) : stack;
    const user = aFunction(other);
    claims.allowReading(user);
    const [metadata] =
      user.role?.node.metadata.filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY) ??
      [];
    const text = JSON.stringify(user.role?.node.metadata);
    const arn =
      where === "another"
        ? "Test:ExportsOutputFnGetAttClaims[0-9A-F]{8}Arn[0-9A-F]{8}"
        : "<Claims[0-9A-F]{8}.Arn>";
    expect(metadata).toBeDefined();
    expect(text).toMatch(new RegExp(`AwsSolutions-IAM5\\[Resource::${arn}/claims/\\*\\]`));
    expect(text).toMatch(new RegExp(`AwsSolutions-IAM5\\[Resource::${arn}/kept/\\*\\]`));
  });
});

/** Prefix → actions; "" is the bucket itself. */
function grants(allow: (claims: ClaimCheckBucket, user: NodeFunction) => void): Record<string, string[]> {
  const stack = new Stack(aTestApp(), "Test", { stackName: "Test" });
  const user = aFunction(stack);
  allow(new ClaimCheckBucket(stack, "Claims", { keepsData: false }), user);
  const template = Template.fromStack(stack);
  expect(JSON.stringify(propertiesOf(template, "AWS::Lambda::Function"))).toContain("CLAIM_CHECK_BUCKET");
  const entries = Object.entries(grantsOf(template, "UserRole"))
    .filter(([, actions]) => actions.some((action) => action.startsWith("s3:")))
    .map(([name, actions]) => [/\/((claims|kept)\/\*)/.exec(name)?.[1] ?? "", actions]);
  return Object.fromEntries(entries);
}

function aFunction(stack: Stack): NodeFunction {
  return new NodeFunction(stack, "User", { ...aConfig().sizes, entry: "shipping/ship-order.ts" });
}
