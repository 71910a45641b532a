// What scenarios with deposits have in common: the messages, and what must hold of accounts, outbox and dead letters.
import { asciiJson } from "../../../functions/messaging/envelope.ts";
import { derivedId } from "../../../functions/messaging/ids.ts";
import { anEnvelope } from "../../support/an-envelope.ts";
import type { Stage } from "../explorer/stage.ts";
import { Deposited } from "./handlers/messages.ts";

export interface Deposit {
  readonly account: string;
  readonly amount: number;
}

/** Sends each deposit as a message of its own; the nth has the id `unique-n`. */
export async function depositsTo(
  stage: Stage,
  queue: string,
  unique: string,
  deposits: readonly Deposit[],
): Promise<void> {
  const letters = bodiesOf(unique, deposits).map((body, index) => ({
    body,
    key: deposits[index]?.account ?? "",
  }));
  await stage.send(queue, ...letters);
}

export function bodiesOf(unique: string, deposits: readonly Deposit[]): string[] {
  return deposits.map((deposit, index) =>
    asciiJson(anEnvelope({ ...Deposited.from(deposit), id: `${unique}-${index + 1}`, source: "/bank" })),
  );
}

export interface Story {
  readonly queue: string;
  /** The name of the consumer, which its evidence and its outbox rows are named after. */
  readonly consumer: string;
  readonly unique: string;
  readonly deposits: readonly Deposit[];
}

/** Every deposit took effect once, was confirmed once, and nothing was parked. */
export async function evidenceAndEffect(
  stage: Stage,
  { queue, consumer, unique, deposits }: Story,
): Promise<string[]> {
  const found: string[] = [];
  for (const [account, amounts] of Map.groupBy(deposits, ({ account }) => account)) {
    const wanted = amounts.reduce((sum, { amount }) => sum + amount, 0);
    const { sum = 0 } = (await stage.get("ACCOUNTS_TABLE", account)) ?? {};
    if (sum !== wanted) found.push(`G2: the account ${account} holds ${sum} and not ${wanted}`);
  }
  for (const [index, { account, amount }] of deposits.entries()) {
    const row = await stage.get("OUTBOX_TABLE", derivedId(consumer, "/bank", `${unique}-${index + 1}`));
    const times = ((row?.messages ?? []) as string[]).length;
    if (times !== 1) found.push(`G1: the deposit of ${amount} to ${account} is confirmed ${times} times`);
  }
  for (const { reason } of await stage.deadLetters(queue))
    found.push(`G6: a good message is parked as ${reason}`);
  return found;
}
