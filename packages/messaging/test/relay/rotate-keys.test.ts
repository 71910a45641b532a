// The rotation function against the secret of the real stacks, asked as Secrets Manager asks, and stopped anywhere.
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import {
  type SecretsEngine,
  startSecretsEngine,
} from "@essentially-once/local-cloud/internal/engines/secrets/engine";
import {
  LOCAL_CREDENTIALS,
  LOCAL_REGION,
  type LocalClients,
  localClients,
} from "@essentially-once/local-cloud/internal/model/clients";
import { callFaults, faultAtCall } from "@essentially-once/testing/fault-at-call";
import { linesOf } from "@essentially-once/testing/internal/support/lines";
import { aContext } from "@essentially-once/testing/lambda";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { secretsManager } from "../../src/aws/clients.ts";
import { setClock } from "../../src/core/clock.ts";
import { newId } from "../../src/core/ids.ts";
import { keyRing, staleMsMax } from "../../src/trust/key-ring.ts";
import { signsAfterMs } from "../../src/trust/key-rotation.ts";
import { newKey, readKeyEntries, writeKeyEntries } from "../../src/trust/key-secret.ts";

const steps = ["createSecret", "setSecret", "testSecret", "finishSecret"];
/** Of a rotation that nothing troubles. */
const callsOfOneRotation = 12;

let engine: SecretsEngine;
let clients: LocalClients;
let SecretId: string;
let rotate: typeof import("../../src/publish/relay/rotate-keys.ts").handler;
let now = Date.parse("2026-01-01T00:00:00Z");

beforeAll(async () => {
  engine = await startSecretsEngine();
  engine.onRotate(() => true); // the tests ask for the steps
  const nowhere = "http://127.0.0.1:1";
  clients = localClients({
    sqs: nowhere,
    s3: nowhere,
    dynamodb: nowhere,
    secretsManager: engine.endpoint,
    sns: nowhere,
    ssm: nowhere,
  });
  const { ARN = "" } = await clients.secretsManager.send(
    new CreateSecretCommand({ Name: "keys", SecretString: firstText() }),
  );
  SecretId = ARN;
  Object.assign(process.env, {
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: engine.endpoint,
    SIGNING_SECRET_ARN: SecretId,
  });
  ({ handler: rotate } = await import("../../src/publish/relay/rotate-keys.ts"));
  setClock(() => now);
});
beforeEach(async () => {
  await put(firstText());
});
afterAll(() => engine.stop());

describe("rotate", () => {
  it("adds one key to the secret, which signs some hours later", async () => {
    const version = await begin();
    const asked: unknown[] = [];
    const end = during("PutSecretValueCommand", (input) => void asked.push(input));
    const lines = await linesOf(() => perform(version));
    end();
    expect(lines).toMatchObject(
      steps.map((step) => ({ level: "INFO", code: "KEY_ROTATION", service: "rotate", step, version })),
    );
    expect(asked).toMatchObject([{ ClientRequestToken: version, VersionStages: ["AWSPENDING"] }]);
    const [first, second] = readKeyEntries(await current());
    expect(first.id).toBe("k0");
    expect(second?.id).toMatch(/^[\w-]{12}$/);
    expect(second?.signsFromMs).toBe(now + signsAfterMs);
    expect(readKeyEntries(await current())).toHaveLength(2);
  });

  it.each([
    ["createSecret", "PutSecretValueCommand", undefined],
    ["testSecret", "GetSecretValueCommand", "AWSCURRENT"],
    ["testSecret", "GetSecretValueCommand", "AWSPENDING"],
  ])(
    "fails its step %s when the store fails in %s, and does not take that for an answer (%s)",
    async (step, command, stage) => {
      const version = await begin();
      await ask("createSecret", version);
      const end = during(command, (input) => {
        if ((input as { VersionStage?: string }).VersionStage === stage) throw new Error("throttled");
      });
      await expect(ask(step, version)).rejects.toThrow("throttled");
      end();
      await perform(version); // otherwise it is in the way of the next one
    },
  );

  it("fails the test of a version that has no text yet", async () => {
    const version = await begin();
    await expect(ask("testSecret", version)).rejects.toThrow("the secret must be JSON, got 0");
    await perform(version);
  });

  it("G7: a ring that was read just before the rotation finds the new key the first time that it meets it", async () => {
    const ring = keyRing({ load: current });
    await ring.current();
    await perform(await begin());
    now += signsAfterMs;
    const signer = keyRing({ load: current });
    expect(await ring.find((await signer.current()).id)).toBeDefined();
  });

  it("leaves nothing behind that the rotation after a change by hand would wait for", async () => {
    await perform(await begin());
    await put(firstText());
    await perform(await begin());
    expect(readKeyEntries(await current())).toHaveLength(2);
  });

  it("G10: a key that was made and not held against the current one yet signs nothing", async () => {
    const before = await current();
    const version = await begin();
    await ask("createSecret", version);
    expect(await labelsOf(version)).toEqual(["AWSPENDING"]);
    expect(await current()).toBe(before);
    await perform(version);
  });

  it("any step may be repeated, also when all is done, and nothing changes", async () => {
    const version = await begin();
    for (const step of steps) {
      await ask(step, version);
      await ask(step, version);
    }
    const text = await current();
    for (const step of steps) await ask(step, version);
    expect(await current()).toBe(text);
  });

  describe.each(callFaults)("with the fault %s", (fault) => {
    it.each(Array.from({ length: callsOfOneRotation }, (_, index) => index + 1))(
      "G6: ends with one more key when call %i meets it, and never shows a secret with fewer",
      async (nth) => {
        const version = await begin();
        const faults = faultAtCall(secretsManager(), { nth, fault });
        await Promise.race([perform(version).catch(() => undefined), faults.stopped]);
        faults.remove();
        expect(readKeyEntries(await current())[0].id).toBe("k0");
        await perform(version);
        const ids = readKeyEntries(await current()).map(({ id }) => id);
        expect(ids).toHaveLength(2);
        expect(ids[0]).toBe("k0");
      },
    );
  });

  it("has so many calls", async () => {
    const faults = faultAtCall(secretsManager());
    await perform(await begin());
    faults.remove();
    expect(faults.calls).toHaveLength(callsOfOneRotation);
  });

  it("gives up a version that a change by hand has overtaken; the next rotation takes it up", async () => {
    const version = await begin();
    await ask("createSecret", version);
    const byHand = writeKeyEntries([newKey("by-hand", { signsFromMs: 0 })]);
    await put(byHand);
    const lines = await linesOf(() =>
      expect(ask("testSecret", version)).rejects.toThrow("is given up because it adds 2 keys"),
    );
    expect(lines.find(({ code }) => code === "KEY_ROTATION_GIVEN_UP")).toMatchObject({
      level: "ERROR",
      version,
      detail: expect.stringContaining("it adds 2 keys"),
    });
    await expect(ask("finishSecret", version)).rejects.toThrow("is not labelled AWSPENDING");
    expect(await current()).toBe(byHand);
    await perform(await begin());
    expect(readKeyEntries(await current())).toHaveLength(2);
  });

  it("G7: a change by hand between the test and the end wins over the rotation", async () => {
    const version = await begin();
    for (const step of steps.slice(0, 3)) await ask(step, version);
    const byHand = writeKeyEntries([newKey("by-hand", { signsFromMs: 0 })]);
    await put(byHand);
    await expect(ask("finishSecret", version)).rejects.toThrow("is given up");
    expect(await current()).toBe(byHand);
  });

  it("G7: a change by hand in the very moment of the end wins too", async () => {
    const version = await begin();
    for (const step of steps.slice(0, 3)) await ask(step, version);
    const byHand = writeKeyEntries([newKey("by-hand", { signsFromMs: 0 })]);
    secretsManager().middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === UpdateSecretVersionStageCommand.name) {
          secretsManager().middlewareStack.remove("by-hand");
          await put(byHand);
        }
        return next(args);
      },
      { step: "initialize", name: "by-hand" },
    );
    await expect(ask("finishSecret", version)).rejects.toThrow("AWSCURRENT is not on that version");
    expect(await current()).toBe(byHand);
    await expect(perform(version)).rejects.toThrow("is given up");
  });

  it("gives up a version that comes so late that its key would sign before it was read", async () => {
    const version = await begin();
    await ask("createSecret", version);
    now += signsAfterMs - staleMsMax + 1;
    await expect(ask("testSecret", version)).rejects.toThrow("would sign too early");
    expect(readKeyEntries(await current())).toHaveLength(1);
    await perform(await begin());
    expect(readKeyEntries(await current())).toHaveLength(2);
  });

  it.each([
    ["a version that nobody asked for", "createSecret", newId(), "is not labelled AWSPENDING"],
    ["a step that there is not", "dropSecret", newId(), "Step must be one of createSecret, setSecret"],
  ])("refuses %s", async (_what, step, version, message) => {
    await expect(ask(step, version)).rejects.toThrow(message);
  });

  it("refuses a secret other than its own", async () => {
    const event = { Step: "createSecret", SecretId: "another", ClientRequestToken: newId() };
    await expect(rotate(event, aContext())).rejects.toThrow(`SecretId must be ${SecretId}, got another`);
  });
});

/** Looks at a command of this test before it is sent. */
function during(command: string, look: (input: unknown) => void): () => void {
  secretsManager().middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName === command) look(args.input);
        return next(args);
      },
    { step: "initialize", name: "during" },
  );
  return () => void secretsManager().middlewareStack.remove("during");
}

/** As Secrets Manager begins: the version has its label, and no text. */
async function begin(): Promise<string> {
  const version = newId();
  await clients.secretsManager.send(new RotateSecretCommand({ SecretId, ClientRequestToken: version }));
  return version;
}

async function labelsOf(version: string): Promise<string[] | undefined> {
  const { VersionIdsToStages } = await clients.secretsManager.send(new DescribeSecretCommand({ SecretId }));
  return VersionIdsToStages?.[version];
}

async function perform(version: string): Promise<void> {
  for (const step of steps) await ask(step, version);
}

function ask(Step: string, version: string): Promise<void> {
  return rotate({ Step, SecretId, ClientRequestToken: version }, aContext());
}

async function current(): Promise<string> {
  const { SecretString = "" } = await clients.secretsManager.send(new GetSecretValueCommand({ SecretId }));
  return SecretString;
}

/** Writes the secret by hand, which ends a rotation in progress. */
async function put(text: string): Promise<void> {
  await clients.secretsManager.send(
    new PutSecretValueCommand({ SecretId, SecretString: text, ClientRequestToken: newId() }),
  );
}

function firstText(): string {
  return JSON.stringify({ current: "k0", k0: "Ab0".padEnd(64, "z") });
}
