// The keys of a deployment's secret: to hold a dead letter's signature against, and to sign what an operator sends as the
// publisher does, with the current key.
//
//   G7. A corrected message is taken only by a consumer that takes our signature, and the keys are never shown.

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
