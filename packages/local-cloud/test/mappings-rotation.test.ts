// Rotations as Secrets Manager asks for them: four steps in order, of the version that shall become the secret.
import {
  CreateSecretCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { newId } from "@essentially-once/messaging/ids";
import { eventually } from "@essentially-once/testing/internal/support/local-function";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type SecretsEngine, startSecretsEngine } from "../src/engines/secrets/engine.ts";
import type { EventSource } from "../src/mappings/event-source.ts";
import { startRotations } from "../src/mappings/rotation.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../src/model/clients.ts";
import type { Invoke } from "../src/model/invocation.ts";

interface Asked {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"];

let secrets: SecretsEngine;
let secretsManager: SecretsManagerClient;
let secretArn: string;
let source: EventSource | undefined;
let asked: Asked[];
let failingStep: string | undefined;

const invoke: Invoke = async (_functionArn, event) => {
  asked.push(event as Asked);
  return { requestId: newId(), outcome: (event as Asked).Step === failingStep ? "error" : "ok" };
};

beforeEach(async () => {
  asked = [];
  failingStep = undefined;
  secrets = await startSecretsEngine();
  const { endpoint } = secrets;
  secretsManager = new SecretsManagerClient({
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    endpoint,
  });
  const created = await secretsManager.send(new CreateSecretCommand({ Name: "keys", SecretString: "one" }));
  secretArn = created.ARN ?? "";
});
afterEach(async () => {
  await source?.stop();
  secretsManager.destroy();
  await secrets.stop();
});

function start(atOnce: boolean): void {
  const rotation = { path: "Keys/Schedule", secretArn, functionArn: "rotate", atOnce };
  source = startRotations({ rotations: [rotation], secrets, secretsManager, invoke });
}

test("rotates once at the start, when the schedule says so", async () => {
  start(true);
  await eventually(() => asked.length === STEPS.length);
  expect(asked.map(({ Step }) => Step)).toEqual(STEPS);
  expect(new Set(asked.map(({ SecretId }) => SecretId))).toEqual(new Set([secretArn]));
});

test("rotates on RotateSecret, to the version of its ClientRequestToken", async () => {
  start(false);
  const version = newId();
  await secretsManager.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: version }));
  await eventually(() => asked.length === STEPS.length);
  expect(new Set(asked.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([version]));
});

test("ends with the step that fails", async () => {
  failingStep = "testSecret";
  start(true);
  await eventually(() => asked.length === 3);
  await source?.stop();
  expect(asked.map(({ Step }) => Step)).toEqual(STEPS.slice(0, 3));
});
