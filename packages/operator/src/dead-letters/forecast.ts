// Predicts whether a consumer would park a dead letter again that is sent back unchanged: runs the same checks with the same
// code, and with the contracts of the app in this directory.
//
//   A check whose limit a consumer can set (hops) counts only when the consumer itself had parked the message by it.

import type { Envelope } from "@essentially-once/messaging/envelope";
import { claimIdIn } from "@essentially-once/messaging/internal/envelope/claim-place";
import type { Origin } from "@essentially-once/messaging/internal/origin/origin";
import { ageGate } from "@essentially-once/messaging/internal/trust/age-gate";
import type { MessageType } from "@essentially-once/messaging/message-type";
import { Park } from "@essentially-once/messaging/outcome";
import type { KnownContract } from "../connect/contracts.ts";
import { type Authenticity, standingOf } from "./authenticity.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { readAs } from "./original-form.ts";

export interface ForecastOptions {
  readonly authenticity: Authenticity;
  /** How its messages come; absent when the relay sends them. */
  readonly from?: Origin | undefined;
  /** Of its consumer; absent when it is not known here. */
  readonly contract?: KnownContract | undefined;
  /** Of the claim checks of this deployment. */
  readonly claimBucket?: string | undefined;
}

/** Why it would be parked again at once, as `CODE: detail`; undefined when nothing says that it would. */
export async function forecastOf(
  deadLetter: DeadLetter,
  options: ForecastOptions,
): Promise<string | undefined> {
  try {
    await check(deadLetter, options);
    return undefined;
  } catch (error) {
    if (error instanceof Park) return `${error.code}: ${error.detail}`;
    return `its schema fails: ${error instanceof Error ? error.name : typeof error}`;
  }
}

/** @throws Park */
export async function checkData(contract: KnownContract, { type, data }: Pick<Envelope, "type" | "data">) {
  await acceptedBy(contract, type).parse(data, type);
}

async function check(
  deadLetter: DeadLetter,
  { authenticity, from, contract, claimBucket }: ForecastOptions,
): Promise<void> {
  const { notes } = deadLetter;
  const message = readAs(from, deadLetter);
  if (message === undefined) return;
  checkSignature(deadLetter, authenticity);
  await checkTime(message);
  if (notes?.reason === "TOO_MANY_HOPS") throw new Park(notes.reason, notes.detail);
  const { dataref, data } = message;
  if (dataref !== undefined && claimBucket !== undefined && claimIdIn(dataref, claimBucket) === undefined) {
    throw new Park("DATAREF_FOREIGN", "dataref must name a claim-check object in this deployment's bucket");
  }
  if (contract === undefined) return;
  acceptedBy(contract, message.type);
  if (dataref === undefined) await checkData(contract, { type: message.type, data });
}

function checkSignature(deadLetter: DeadLetter, authenticity: Authenticity): void {
  if (standingOf(authenticity, deadLetter) !== "forged") return;
  if (authenticity.kind === "none") throw new Park("SIGNATURE_MISSING", "it has no signature");
  const which =
    authenticity.kind === "withdrawn" ? `its key ${authenticity.keyId} is withdrawn` : "it is wrong";
  throw new Park("SIGNATURE_INVALID", which);
}

/** Too old is a matter of the evidence, and decided there. @throws Park TIME_INVALID, TIME_IN_FUTURE */
async function checkTime(message: Envelope): Promise<void> {
  try {
    await ageGate().before?.({ event: { message } } as never);
  } catch (error) {
    if (error instanceof Park && error.code !== "TOO_OLD") throw error;
  }
}

/** @throws Park TYPE_UNKNOWN */
function acceptedBy({ name, accepts }: KnownContract, type: string): MessageType {
  const accepted = accepts.find(({ types }) => types.includes(type));
  if (accepted) return accepted;
  const known = accepts.flatMap(({ types }) => types).join(", ");
  throw new Park("TYPE_UNKNOWN", `${name} accepts ${known}`);
}
