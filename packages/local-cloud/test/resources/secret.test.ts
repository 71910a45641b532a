import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { localEngines } from "@essentially-once/testing/local-engines";
import { aFunction, oneStack } from "@essentially-once/testing/synthesized";
import type { Stack } from "aws-cdk-lib";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnRotationSchedule, CfnSecret } from "aws-cdk-lib/aws-secretsmanager";
import { expect, test } from "vitest";
import { provision } from "../../src/provision/provision.ts";

const engines = localEngines();

function provisioning(define: (stack: Stack) => void) {
  return provision({
    assemblyDirectory: oneStack(define),
    clients: engines.clients,
    endpoints: engines.endpoints,
    functionUrlFor: (path) => `http://127.0.0.1:1/${path}/`,
  });
}

function aSecret(stack: Stack, id = "Keys"): CfnSecret {
  return new CfnSecret(stack, id, {
    generateSecretString: { secretStringTemplate: "{}", generateStringKey: "k1", passwordLength: 64 },
  });
}

test("a secret is generated, and a second deployment keeps it", async () => {
  const { functions } = await provisioning((stack) => {
    aFunction(stack, "Reader", { environment: { SECRET: aSecret(stack).ref } });
  });
  const SecretId = functions[0]?.environment.SECRET;
  expect(SecretId).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:Shop-test-Keys-/);
  const read = async () =>
    (await engines.clients.secretsManager.send(new GetSecretValueCommand({ SecretId }))).SecretString;
  const text = await read();
  expect(JSON.parse(text ?? "")).toEqual({ k1: expect.stringMatching(/^.{64}$/s) });
  await provisioning((stack) => void aSecret(stack));
  expect(await read()).toBe(text);
});

test("a rotation schedule names its secret and its function, and rotates at once unless it says otherwise", async () => {
  const { rotations, functions } = await provisioning((stack) => {
    const rotate = aFunction(stack, "Rotate");
    const rotationLambdaArn = rotate.functionArn;
    rotate.addPermission("Rotation", { principal: new ServicePrincipal("secretsmanager.amazonaws.com") });
    const rotationRules = { automaticallyAfterDays: 30 };
    const schedule = { secretId: aSecret(stack).ref, rotationLambdaArn, rotationRules };
    new CfnRotationSchedule(stack, "Monthly", schedule);
    new CfnRotationSchedule(stack, "Later", { ...schedule, rotateImmediatelyOnUpdate: false });
  });
  const functionArn = functions[0]?.arn;
  const secretArn = expect.stringContaining(":secret:Shop-test-Keys-");
  expect(rotations).toEqual([
    { path: "Shop/Monthly", secretArn, functionArn, atOnce: true },
    { path: "Shop/Later", secretArn, functionArn, atOnce: false },
  ]);
});

test.each([
  [
    "a property that is not supported",
    (stack: Stack) => aSecret(stack).addPropertyOverride("GenerateSecretString.Taste", "sweet"),
    "GenerateSecretString: property Taste not supported",
  ],
  [
    "no text at all",
    (stack: Stack) => new CfnSecret(stack, "Empty"),
    "SecretString or GenerateSecretString must be given",
  ],
  [
    "a rotation by nobody here",
    (stack: Stack) =>
      new CfnRotationSchedule(stack, "Hosted", {
        secretId: aSecret(stack).ref,
        hostedRotationLambda: { rotationType: "MySQLSingleUser" },
      }),
    "property HostedRotationLambda not supported",
  ],
])("%s is refused by name", async (_what, define, message) => {
  await expect(provisioning((stack) => void define(stack))).rejects.toThrow(message);
});
