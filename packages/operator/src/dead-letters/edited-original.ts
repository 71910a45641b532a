// The corrected message of a queue that other programs fill: a whole body in their form. An attribute carries its new id,
// because the id field of the contract may be an order number, which an edit must not change.

import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { asciiJson, type Envelope } from "@essentially-once/messaging/envelope";
import { derivedId } from "@essentially-once/messaging/ids";
import { givenIdName } from "@essentially-once/messaging/internal/envelope/given-id";
import { groupIdOf, isFifo } from "@essentially-once/messaging/internal/envelope/message-group";
import { type Attributes, cameWith } from "@essentially-once/messaging/internal/receive/park-attributes";
import { Park } from "@essentially-once/messaging/outcome";
import type { KnownContract } from "../connect/contracts.ts";
import { UsageError } from "../terminal/usage-error.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { type Corrected, type Correction, checkCorrection, refuseTooLarge } from "./edited-message.ts";
import { readAs } from "./original-form.ts";

/** @throws UsageError for what the consumer would not take */
export async function correctOriginal(
  correction: Correction,
  contract: KnownContract | undefined,
): Promise<Corrected> {
  const { deadLetter, data } = correction;
  const body = asciiJson(data);
  const message = readCorrection(correction, body);
  refuseTooLarge(deadLetter, body, besideOf(deadLetter));
  const schemaChecked = await checkCorrection(deadLetter, message, message.data, contract);
  return { schemaChecked, message, text: () => body };
}

export async function sendOriginal(
  sqs: SQSClient,
  { queue: { queueUrl }, deadLetter, newId, message }: Correction & { readonly message: Envelope },
  body: string,
): Promise<void> {
  const id = { DataType: "String", StringValue: newId };
  await sqs.send(
    new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: body,
      MessageAttributes: { ...besideOf(deadLetter), [givenIdName]: id },
      MessageGroupId: isFifo(queueUrl) ? deadLetter.group : groupIdOf(message.partitionkey),
      ...(isFifo(queueUrl) && { MessageDeduplicationId: derivedId("edit", newId) }),
    }),
  );
}

function readCorrection({ queue, deadLetter, newId }: Correction, body: string): Envelope {
  const [copy = {}] = deadLetter.copies;
  const id = { DataType: "String", StringValue: newId };
  // Without what the kit wrote: the attributes are those that will be sent.
  const { Attributes } = copy;
  const sent = {
    MessageAttributes: { ...besideOf(deadLetter), [givenIdName]: id },
    ...(Attributes && { Attributes }),
  };
  try {
    const message = readAs(queue.from, { body, copies: [sent] });
    if (message !== undefined) return message;
  } catch (error) {
    if (!(error instanceof Park)) throw error;
    throw new UsageError(
      `${deadLetter.id} is edited in its original form, so --data is its whole body (as in show --payload), ` +
        `and this body would be parked (${error.code}): ${error.detail}.`,
    );
  }
  throw new UsageError("--data is a message without content: discard the dead letter.");
}

function besideOf({ copies }: DeadLetter): Attributes {
  const { [givenIdName]: _old, ...attributes } = cameWith(copies[0] ?? {});
  return attributes;
}
