// Secrets in memory: versions with a text, and labels that are on one version each. As much of Secrets Manager as
// the signing keys and their rotation ask for.
//
//   https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version

import { createHash, randomUUID } from "node:crypto";
import { z } from "zod";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../../model/clients.ts";
import { ServiceError } from "../json-service.ts";

type Operation = (input: unknown) => object;

interface Secret {
  readonly ARN: string;
  readonly Name: string;
  /** Version → its text; undefined while a rotation has only asked for one. */
  readonly versions: Map<string, string | undefined>;
  /** Label → the version that has it. */
  readonly labels: Map<string, string>;
}

const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";
const PENDING = "AWSPENDING";

const token = z.string().min(32).max(64);
const SecretId = z.string();
const inputs = {
  create: z.strictObject({
    Name: z.string().min(1).max(512),
    Description: z.string().optional(),
    SecretString: z.string(),
    ClientRequestToken: token.default(() => randomUUID()),
  }),
  describe: z.strictObject({ SecretId }),
  get: z.strictObject({
    SecretId,
    VersionId: z.string().optional(),
    VersionStage: z.string().optional(),
  }),
  put: z.strictObject({
    SecretId,
    SecretString: z.string(),
    ClientRequestToken: token.default(() => randomUUID()),
    VersionStages: z.array(z.string()).default([CURRENT]),
  }),
  updateLabel: z.strictObject({
    SecretId,
    VersionStage: z.string(),
    MoveToVersionId: z.string().optional(),
    RemoveFromVersionId: z.string().optional(),
  }),
  rotate: z.strictObject({ SecretId, ClientRequestToken: token.default(() => randomUUID()) }),
};

/** `rotate` hears which secret shall become which version, and answers whether there is a function that does it. */
export function secretStore(rotate: (secretArn: string, version: string) => boolean) {
  const secrets = new Map<string, Secret>();
  return {
    CreateSecret: operation(inputs.create, ({ Name, SecretString, ClientRequestToken }) => {
      if (secrets.has(Name)) throw new ServiceError("ResourceExistsException", `${Name} exists`);
      const secret = { ARN: arnOf(Name), Name, versions: new Map(), labels: new Map() } satisfies Secret;
      secrets.set(Name, secret);
      secret.versions.set(ClientRequestToken, SecretString);
      label(secret, CURRENT, ClientRequestToken);
      return { ARN: secret.ARN, Name, VersionId: ClientRequestToken };
    }),

    DescribeSecret: operation(inputs.describe, ({ SecretId: id }) => {
      const { ARN, Name, versions, labels } = secretOf(id);
      const stages = [...versions.keys()].map((version) => [version, labelsOf(labels, version)]);
      return { ARN, Name, VersionIdsToStages: Object.fromEntries(stages) };
    }),

    GetSecretValue: operation(inputs.get, ({ SecretId: id, VersionId, VersionStage }) => {
      const { ARN, Name, versions, labels } = secretOf(id);
      const version = VersionId ?? labels.get(VersionStage ?? CURRENT) ?? "";
      const isLabelled = VersionStage === undefined || labels.get(VersionStage) === version;
      const SecretString = versions.get(version);
      if (SecretString === undefined || !isLabelled) {
        throw new ServiceError("ResourceNotFoundException", `${Name} has no value for this version or label`);
      }
      return { ARN, Name, SecretString, VersionId: version, VersionStages: labelsOf(labels, version) };
    }),

    PutSecretValue: operation(inputs.put, (input) => {
      const { SecretId: id, SecretString, ClientRequestToken: version, VersionStages } = input;
      const secret = secretOf(id);
      const known = secret.versions.get(version);
      if (known !== undefined && known !== SecretString) {
        throw new ServiceError("ResourceExistsException", `version ${version} already has another value`);
      }
      secret.versions.set(version, SecretString);
      for (const stage of VersionStages) label(secret, stage, version);
      return { ARN: secret.ARN, Name: secret.Name, VersionId: version, VersionStages };
    }),

    UpdateSecretVersionStage: operation(inputs.updateLabel, (input) => {
      const { SecretId: id, VersionStage, MoveToVersionId, RemoveFromVersionId } = input;
      const secret = secretOf(id);
      const holder = secret.labels.get(VersionStage);
      const isAgreed = RemoveFromVersionId === holder || (holder === MoveToVersionId && !RemoveFromVersionId);
      if (!isAgreed || (MoveToVersionId !== undefined && !secret.versions.has(MoveToVersionId))) {
        throw new ServiceError("InvalidParameterException", `${VersionStage} is not on that version`);
      }
      if (MoveToVersionId === undefined) secret.labels.delete(VersionStage);
      else label(secret, VersionStage, MoveToVersionId);
      return { ARN: secret.ARN, Name: secret.Name };
    }),

    RotateSecret: operation(inputs.rotate, ({ SecretId: id, ClientRequestToken: version }) => {
      const secret = secretOf(id);
      const pending = secret.labels.get(PENDING);
      if (pending !== undefined && pending !== version && pending !== secret.labels.get(CURRENT)) {
        throw new ServiceError("InvalidRequestException", `a rotation to version ${pending} is in progress`);
      }
      if (!secret.versions.has(version)) secret.versions.set(version, undefined);
      secret.labels.set(PENDING, version);
      if (!rotate(secret.ARN, version)) {
        secret.labels.delete(PENDING);
        throw new ServiceError("InvalidRequestException", `no function rotates ${secret.Name}`);
      }
      return { ARN: secret.ARN, Name: secret.Name, VersionId: version };
    }),
  } satisfies Record<string, Operation>;

  function secretOf(id: string): Secret {
    const found = [...secrets.values()].find(({ ARN, Name }) => id === ARN || id === Name);
    if (!found) throw new ServiceError("ResourceNotFoundException", `there is no secret ${id}`);
    return found;
  }
}

export type SecretStore = ReturnType<typeof secretStore>;

function operation<Input extends z.ZodType>(
  input: Input,
  perform: (given: z.output<Input>) => object,
): Operation {
  return function parseAndPerform(given) {
    const parsed = input.safeParse(given);
    if (parsed.success) return perform(parsed.data);
    throw new ServiceError("InvalidParameterException", z.prettifyError(parsed.error));
  };
}

/** Moves a label; the version that was AWSCURRENT becomes AWSPREVIOUS. */
function label({ labels }: Secret, stage: string, version: string): void {
  const before = labels.get(stage);
  if (stage === CURRENT && before !== undefined && before !== version) labels.set(PREVIOUS, before);
  labels.set(stage, version);
}

function labelsOf(labels: ReadonlyMap<string, string>, version: string): string[] {
  return [...labels].flatMap(([stage, holder]) => (holder === version ? [stage] : []));
}

/** Six characters follow the name, as in AWS. */
function arnOf(name: string): string {
  const suffix = createHash("sha256").update(name).digest("hex").slice(0, 6);
  return `arn:aws:secretsmanager:${LOCAL_REGION}:${LOCAL_ACCOUNT}:secret:${name}-${suffix}`;
}
