// The engine through the SDK, as far as Secrets Manager's documentation says how it behaves.
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { newId } from "@essentially-once/messaging/ids";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type SecretsEngine, startSecretsEngine } from "../../src/engines/secrets/engine.ts";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../src/model/clients.ts";

let engine: SecretsEngine;
let client: SecretsManagerClient;
let SecretId: string;
let first: string;

beforeAll(async () => {
  engine = await startSecretsEngine();
  const { endpoint } = engine;
  client = new SecretsManagerClient({ region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, endpoint });
});
beforeEach(async () => {
  const created = await client.send(new CreateSecretCommand({ Name: newId(), SecretString: "one" }));
  SecretId = created.ARN ?? "";
  first = created.VersionId ?? "";
});
afterAll(async () => {
  client.destroy();
  await engine.stop();
});

test("listens on 127.0.0.1 only", () => {
  expect(engine.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test("gives the current text, by name and by ARN", async () => {
  expect(await textOf({})).toBe("one");
  const { Name } = await client.send(new DescribeSecretCommand({ SecretId }));
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: Name }));
  expect(SecretString).toBe("one");
});

test("a new text is current, and the one before it previous", async () => {
  const version = await put("two");
  expect(await textOf({})).toBe("two");
  expect(await textOf({ VersionStage: "AWSPREVIOUS" })).toBe("one");
  expect(await textOf({ VersionId: version })).toBe("two");
});

test("a version keeps its text: the same again is nothing, another is refused", async () => {
  const version = await put("two");
  expect(await put("two", version)).toBe(version);
  await expect(put("three", version)).rejects.toMatchObject({ name: "ResourceExistsException" });
  expect(await textOf({})).toBe("two");
});

test("a label moves only from the version that has it", async () => {
  const version = await put("two", newId(), ["AWSPENDING"]);
  expect(await textOf({})).toBe("one");
  const move = (RemoveFromVersionId: string | undefined) =>
    client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: version,
        RemoveFromVersionId,
      }),
    );
  await expect(move(undefined)).rejects.toMatchObject({ name: "InvalidParameterException" });
  await expect(move(version)).rejects.toMatchObject({ name: "InvalidParameterException" });
  await move(first);
  expect(await textOf({})).toBe("two");
});

test("a rotation begins with a version that has a label and no text; a second one waits for its end", async () => {
  engine.onRotate(() => true);
  const version = newId();
  await client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: version }));
  const { VersionIdsToStages } = await client.send(new DescribeSecretCommand({ SecretId }));
  expect(VersionIdsToStages).toEqual({ [first]: ["AWSCURRENT"], [version]: ["AWSPENDING"] });
  await expect(textOf({ VersionId: version, VersionStage: "AWSPENDING" })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  await expect(rotate()).rejects.toThrow("is in progress");
});

test("a secret that no function rotates is not rotated", async () => {
  engine.onRotate(() => false);
  await expect(rotate()).rejects.toThrow("no function rotates");
  await expect(rotate()).rejects.toThrow("no function rotates");
});

test("what it does not know is refused by name", async () => {
  await expect(client.send(new ListSecretsCommand({}))).rejects.toThrow("ListSecrets is not supported");
  await expect(textOf({}, "another")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

async function textOf(which: { VersionId?: string; VersionStage?: string }, id = SecretId) {
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id, ...which }));
  return SecretString;
}

async function put(SecretString: string, version = newId(), VersionStages = ["AWSCURRENT"]) {
  const { VersionId } = await client.send(
    new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken: version, VersionStages }),
  );
  return VersionId ?? "";
}

function rotate() {
  return client.send(new RotateSecretCommand({ SecretId, ClientRequestToken: newId() }));
}
