// What the product relies on from Secrets Manager for its signing keys, whichever engine stands behind the endpoint.

import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { newId } from "@essentially-once/messaging/ids";
import { aName, conformanceClients } from "@essentially-once/testing/internal/support/conformance-clients";
import { afterEach, beforeEach, expect, test } from "vitest";

const clients = conformanceClients();
let SecretId: string;
let first: string;

beforeEach(async () => {
  const { secretsManager } = clients();
  const created = await secretsManager.send(
    new CreateSecretCommand({ Name: aName("secret"), SecretString: "one" }),
  );
  [SecretId, first] = [created.ARN ?? "", created.VersionId ?? ""];
});
afterEach(async () => {
  const remove = new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true });
  await clients()
    .secretsManager.send(remove)
    .catch(() => undefined); // ours cannot delete, and ends with the test
});

async function textOf(which: { VersionId?: string; VersionStage?: string } = {}, id = SecretId) {
  const { SecretString } = await clients().secretsManager.send(
    new GetSecretValueCommand({ SecretId: id, ...which }),
  );
  return SecretString;
}

async function put(SecretString: string, { version = newId(), VersionStages = ["AWSCURRENT"] } = {}) {
  const { VersionId = "" } = await clients().secretsManager.send(
    new PutSecretValueCommand({ SecretId, SecretString, ClientRequestToken: version, VersionStages }),
  );
  return VersionId;
}

test("a secret is read by its ARN and by its name", async () => {
  const { Name } = await clients().secretsManager.send(new DescribeSecretCommand({ SecretId }));
  expect([await textOf(), await textOf({}, Name)]).toEqual(["one", "one"]);
});

test("a name that is taken is refused, which keeps a secret that is there", async () => {
  const { Name } = await clients().secretsManager.send(new DescribeSecretCommand({ SecretId }));
  const again = new CreateSecretCommand({ Name, SecretString: "another" });
  await expect(clients().secretsManager.send(again)).rejects.toMatchObject({
    name: "ResourceExistsException",
  });
  expect(await textOf()).toBe("one");
});

test("a new text is current, and the one before it previous", async () => {
  const version = await put("two");
  expect(await textOf()).toBe("two");
  expect(await textOf({ VersionStage: "AWSPREVIOUS" })).toBe("one");
  expect(await textOf({ VersionId: version })).toBe("two");
});

test("a version that waits is not current until its label says so", async () => {
  const version = await put("two", { VersionStages: ["AWSPENDING"] });
  expect(await textOf()).toBe("one");
  expect(await textOf({ VersionId: version, VersionStage: "AWSPENDING" })).toBe("two");
  await clients().secretsManager.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: version,
      RemoveFromVersionId: first,
    }),
  );
  expect(await textOf()).toBe("two");
  expect(await textOf({ VersionStage: "AWSPREVIOUS" })).toBe("one");
});

test("a step that is repeated with the same text changes nothing", async () => {
  const version = await put("two", { VersionStages: ["AWSPENDING"] });
  expect(await put("two", { version, VersionStages: ["AWSPENDING"] })).toBe(version);
  expect(await textOf({ VersionId: version, VersionStage: "AWSPENDING" })).toBe("two");
});

test("a secret that is not there is said to be missing", async () => {
  await expect(textOf({}, aName("none"))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});
