// Signs messages as the publisher does, with the keys of a world or of a running cloud.
import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { type Envelope, readEnvelope } from "@essentially-once/messaging/envelope";
import { type KeyRing, keyRing } from "@essentially-once/messaging/internal/trust/key-ring";
import { signer } from "@essentially-once/messaging/internal/trust/signature";
import { Park } from "@essentially-once/messaging/outcome";
import type { SQSRecord } from "aws-lambda";

/** The record as it would have come from the publisher, for the queue that it names. */
export async function signed(record: SQSRecord, keys?: KeyRing): Promise<SQSRecord> {
  const queueName = record.eventSourceARN.split(":").at(-1) ?? "";
  const beside = await attributesFor(record.body, `http://queues/${queueName}`, keys);
  const attributes = Object.entries(beside).map(([name, stringValue]) => [
    name,
    { stringValue, dataType: "String", stringListValues: [], binaryListValues: [] },
  ]);
  return {
    ...record,
    messageAttributes: { ...record.messageAttributes, ...Object.fromEntries(attributes) },
  };
}

/** The attributes that the publisher would send beside the body; none for what is no envelope. */
export async function attributesFor(
  body: string,
  queueUrl: string,
  keys?: KeyRing,
): Promise<Readonly<Record<string, string>>> {
  const envelope = envelopeOf(body);
  return envelope ? signer(keys && { keys })({ body, envelope }, queueUrl) : {};
}

/** The keys in a secret, read anew each time that somebody makes a ring. */
export function keysIn(client: SecretsManagerClient, secretArn: string): KeyRing {
  return keyRing({
    load: async () => {
      const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }));
      return SecretString;
    },
  });
}

function envelopeOf(body: string): Envelope | undefined {
  try {
    return readEnvelope(body);
  } catch (error) {
    if (error instanceof Park) return undefined;
    throw error;
  }
}
