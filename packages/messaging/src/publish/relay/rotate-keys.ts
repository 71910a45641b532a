// Adds a signing key, as Secrets Manager asks for it: four steps, each of which may be repeated, and any of which
// may be the last of a process. Versions are labelled: AWSCURRENT is the secret, AWSPENDING what shall become it.
//
//   https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
//
//   G7. The new version becomes the secret only in the place of the version that it was made from.
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { secretsManager } from "../../aws/clients.ts";
import { nowMs } from "../../core/clock.ts";
import { environment } from "../../core/environment.ts";
import { derivedId } from "../../core/ids.ts";
import { log } from "../../observe/log.ts";
import { observed } from "../../receive/observed.ts";
import { obstacleTo, rotated } from "../../trust/key-rotation.ts";

export interface RotationEvent {
  readonly Step: string;
  /** The ARN of the secret. */
  readonly SecretId: string;
  /** Names the version that becomes the secret. */
  readonly ClientRequestToken: string;
}

const secretArn = environment("SIGNING_SECRET_ARN");

export const handler = observed("rotate", [], rotate);

async function rotate({ Step, SecretId, ClientRequestToken: version }: RotationEvent): Promise<void> {
  if (SecretId !== secretArn) throw new Error(`SecretId must be ${secretArn}, got ${SecretId}`);
  const step = steps.get(Step);
  if (!step) throw new Error(`Step must be one of ${[...steps.keys()].join(", ")}, got ${Step}`);
  const labels = await labelsOf(version);
  const isPending = labels.has("AWSPENDING");
  if (labels.has("AWSCURRENT")) {
    if (isPending) await unlabel(version); // an earlier attempt came as far as here
    return;
  }
  if (!isPending) throw new Error(`version ${version} is not labelled AWSPENDING`);
  await step(version);
  log("info", "KEY_ROTATION", { step: Step, version });
}

const steps = new Map<string, (version: string) => Promise<unknown>>([
  ["createSecret", create],
  ["setSecret", async () => undefined], // nobody keeps a copy
  ["testSecret", present],
  ["finishSecret", finish],
]);

async function create(version: string): Promise<void> {
  const keyId = derivedId("signing key", version).slice(0, keyIdLength);
  const { text } = await currentSecret();
  try {
    await secretsManager().send(
      new PutSecretValueCommand({
        SecretId: secretArn,
        ClientRequestToken: version,
        SecretString: rotated(text, { keyId, nowMs: nowMs() }),
        VersionStages: ["AWSPENDING"],
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error; // an earlier attempt wrote another key
  }
}

/** Moves the label, on the condition that it is on the version that the pending one was held against. */
async function finish(version: string): Promise<void> {
  const current = await present(version);
  await secretsManager().send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretArn,
      VersionStage: "AWSCURRENT",
      MoveToVersionId: version,
      RemoveFromVersionId: current,
    }),
  );
  await unlabel(version);
}

/**
 * Holds the pending version against the secret. One that may not become it is given up, because a pending version
 * is never written again and would be in the way of the next rotation, which makes a better one.
 * @returns the version that is the secret now
 */
async function present(version: string): Promise<string> {
  const [next = "", { text, versionId }] = await Promise.all([pendingText(version), currentSecret()]);
  const obstacle = obstacleTo(next, { text, nowMs: nowMs() });
  if (obstacle === undefined) return versionId;
  await unlabel(version);
  log("error", "KEY_ROTATION_GIVEN_UP", { version, detail: obstacle });
  throw new Error(`version ${version} is given up because ${obstacle}; the next rotation starts again`);
}

/** A label that stays would block all rotations from the next change by hand on: they would wait for this one's end. */
async function unlabel(version: string): Promise<void> {
  await secretsManager().send(
    new UpdateSecretVersionStageCommand({
      SecretId: secretArn,
      VersionStage: "AWSPENDING",
      RemoveFromVersionId: version,
    }),
  );
}

async function labelsOf(version: string): Promise<ReadonlySet<string>> {
  const { VersionIdsToStages = {} } = await secretsManager().send(
    new DescribeSecretCommand({ SecretId: secretArn }),
  );
  return new Set(VersionIdsToStages[version]);
}

async function currentSecret(): Promise<{ text: string; versionId: string }> {
  const { SecretString = "", VersionId = "" } = await secretsManager().send(
    new GetSecretValueCommand({ SecretId: secretArn, VersionStage: "AWSCURRENT" }),
  );
  return { text: SecretString, versionId: VersionId };
}

/** Undefined while the version has its label and no text yet. */
async function pendingText(version: string): Promise<string | undefined> {
  try {
    const { SecretString } = await secretsManager().send(
      new GetSecretValueCommand({ SecretId: secretArn, VersionId: version, VersionStage: "AWSPENDING" }),
    );
    return SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** 72 bits, which tells the keys of one secret apart. */
const keyIdLength = 12;
