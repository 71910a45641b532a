// The keys of this process: those in the secret that the construct of the function names. Read once for everybody
// here who signs or verifies, and again when they have become old.
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { secretsManager } from "../aws/clients.ts";
import { environment } from "../core/environment.ts";
import { type KeyRing, keyRing } from "./key-ring.ts";

let ring: KeyRing | undefined;

/** @throws Error when SIGNING_SECRET_ARN is absent */
export function signingKeys(): KeyRing {
  ring ??= keyRing({ load: loadFrom(environment("SIGNING_SECRET_ARN")) });
  return ring;
}

function loadFrom(secretArn: string): () => Promise<string> {
  return async function loadKeys() {
    const { SecretString } = await secretsManager().send(new GetSecretValueCommand({ SecretId: secretArn }));
    return SecretString ?? "";
  };
}
