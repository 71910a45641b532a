// The signing keys of a sandbox, for scenarios whose functions require signatures: the secret that they read, and the
// signatures of messages that the scenario itself sends.
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { LocalClients } from "@essentially-once/local-cloud/internal/model/clients";
import { readEnvelope } from "@essentially-once/messaging/envelope";
import { newKey, readKeys, writeKeyEntries } from "@essentially-once/messaging/internal/trust/key-secret";
import { sign } from "@essentially-once/messaging/internal/trust/signature";

export interface Signing {
  readonly secretArn: string;
  /** The attributes that go beside a message to a queue. */
  attributesFor(body: string, queueName: string): Readonly<Record<string, string>>;
}

export async function openSigning({ secretsManager }: LocalClients): Promise<Signing> {
  const SecretString = writeKeyEntries([newKey("explored", { signsFromMs: 0 })]);
  const { ARN = "" } = await secretsManager.send(
    new CreateSecretCommand({ Name: "signing-keys", SecretString, ClientRequestToken: crypto.randomUUID() }),
  );
  const key = readKeys(SecretString).signingAt(Date.now());
  return {
    secretArn: ARN,
    attributesFor: (body, queueName) => ({
      Signature: sign({ body, envelope: readEnvelope(body), queueName }, key),
    }),
  };
}
