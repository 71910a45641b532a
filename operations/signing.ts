// Signing as the publisher does, for what an operator sends: with the current key of the deployment's secret.
//
//   G7. A corrected message is taken only by a consumer that takes our signature, and the keys are never shown.

import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { keyRing } from "../functions/messaging/key-ring.ts";
import { type Sign, signer } from "../functions/messaging/signature.ts";
import type { Connection } from "./connection.ts";
import { outputNamed } from "./outputs.ts";

/** Undefined for a deployment without signing keys. */
export function signerOf({ outputs, local }: Connection): Sign | undefined {
  const SecretId = outputNamed(outputs, "SigningSecretArn");
  if (SecretId === undefined) return undefined;
  const { endpoints, ...shared } = local;
  const { secretsManager: endpoint } = endpoints;
  const client = new SecretsManagerClient({ ...shared, ...(endpoint && { endpoint }) });
  return signer({
    keys: keyRing({
      async load() {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId }));
        return SecretString ?? "";
      },
    }),
  });
}
