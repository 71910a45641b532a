// The keys of a deployment's secret: they verify the signature of a dead letter, and the current one signs an operator's
// message as the publisher would.
//
//   G7. A consumer takes a corrected message only with our signature. The keys are never shown.

import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type KeyRing, keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { type Sign, signer } from "@essentially-once/messaging/internal/trust/signature";
import type { Connection } from "./connection.ts";
import { outputNamed } from "./outputs.ts";

/** Undefined for a deployment without signing keys. */
export function keysOf({ outputs, local }: Pick<Connection, "outputs" | "local">): KeyRing | undefined {
  const SecretId = outputNamed(outputs, "SigningSecretArn");
  if (SecretId === undefined) return undefined;
  const { endpoints, ...shared } = local;
  const { secretsManager: endpoint } = endpoints;
  const client = new SecretsManagerClient({ ...shared, ...(endpoint && { endpoint }) });
  return keyRing({
    async load() {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
      return SecretString ?? "";
    },
  });
}

export function signerOf(keys: KeyRing | undefined): Sign | undefined {
  return keys && signer({ keys });
}
