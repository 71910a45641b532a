// The signing keys of a stage, for scenarios whose functions ask for signatures: a secret where they look for it, and
// signatures of what the scenario itself sends.
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
