import {
  GenerateSecretString,
  generatedSecret,
} from "@essentially-once/local-cloud/internal/engines/secrets/generate";
import { readKeys } from "@essentially-once/messaging/internal/trust/key-secret";
import { grantsOf } from "@essentially-once/testing/policies";
import { aConfig, propertiesOf, resourceOf, templateOf } from "@essentially-once/testing/test-app";
import { Duration } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { NodeFunction } from "../../src/constructs/node-function.ts";
import { SigningKeys, type SigningKeysOptions } from "../../src/constructs/signing-keys.ts";

function aTemplate(options: Partial<SigningKeysOptions> = {}) {
  return templateOf((stack) => {
    const { sizes } = aConfig();
    const keys = new SigningKeys(stack, "Keys", { sizes, ...options });
    keys.use(new NodeFunction(stack, "Publish", { ...sizes, entry: "relay/publish.ts" }));
  });
}

describe("the signing keys", () => {
  const template = aTemplate();
  const secret = propertiesOf(template, "AWS::SecretsManager::Secret");

  test("G7: what CloudFormation generates is a key of more than 256 random bits, which the functions can read", () => {
    const rules = GenerateSecretString.parse(secret.GenerateSecretString);
    const texts = new Set(Array.from({ length: 200 }, () => generatedSecret(rules)));
    expect(texts.size).toBe(200);
    const characters = new Set([...texts].flatMap((text) => [...JSON.parse(text).k1]));
    for (const text of texts) {
      const { id, secret: key } = readKeys(text).signingAt(0);
      expect([id, key.symmetricKeySize]).toEqual(["k1", 64]);
    }
    expect(rules.PasswordLength * Math.log2(characters.size)).toBeGreaterThan(256);
    expect([...characters].join("")).toMatch(/^[A-Za-z0-9]+$/);
  });

  test("are rotated every month by their own function", () => {
    expect(propertiesOf(template, "AWS::SecretsManager::RotationSchedule")).toEqual({
      SecretId: { Ref: expect.stringMatching(/^KeysSecret/) },
      RotationLambdaARN: { "Fn::GetAtt": [expect.stringMatching(/^KeysRotate/), "Arn"] },
      RotationRules: { AutomaticallyAfterDays: 30 },
    });
    expect(propertiesOf(template, "AWS::Lambda::Permission")).toEqual({
      Action: "lambda:InvokeFunction",
      FunctionName: { "Fn::GetAtt": [expect.stringMatching(/^KeysRotate/), "Arn"] },
      Principal: "secretsmanager.amazonaws.com",
      SourceAccount: { Ref: "AWS::AccountId" },
    });
  });

  test("G7: who signs and verifies may read the keys; only the rotation may change them", () => {
    expect(grantsOf(template, "PublishRole")).toEqual({
      "PublishLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
      [secretId()]: ["secretsmanager:GetSecretValue"],
    });
    expect(grantsOf(template, "KeysRotateRole")).toEqual({
      "KeysRotateLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
      [secretId()]: [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ],
    });
  });

  test("outlive their stack where data is kept", () => {
    const { sizes } = aConfig({ stage: "prod" });
    const kept = resourceOf(aTemplate({ sizes }), "AWS::SecretsManager::Secret");
    expect(kept.DeletionPolicy).toBe("Retain");
    expect(resourceOf(template, "AWS::SecretsManager::Secret").DeletionPolicy).toBe("Delete");
  });

  test.each([Duration.hours(4), Duration.days(1_001)])("refuses to be rotated every %s", (rotateEvery) => {
    expect(() => aTemplate({ rotateEvery })).toThrow(
      `rotateEvery must be whole seconds from 86400 to 86400000, got ${rotateEvery.toSeconds()}`,
    );
  });

  function secretId(): string {
    const [id] = Object.keys(template.findResources("AWS::SecretsManager::Secret"));
    return JSON.stringify({ Ref: id });
  }
});
