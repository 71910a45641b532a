// What scenarios with deposits have in common: the messages, and what must hold of accounts, outbox and dead letters.
import { asciiJson } from "@essentially-once/messaging/envelope";
import { derivedId } from "@essentially-once/messaging/ids";
import { anEnvelope } from "@essentially-once/testing/an-envelope";
import type { Sandbox } from "@essentially-once/testing/internal/explorer/sandbox";
import { isOfCommit } from "@essentially-once/testing/internal/support/outbox-rows";
import { Deposited } from "./handlers/messages.ts";

export interface Deposit {
  readonly account: string;
  readonly amount: number;
}

/** Sends each deposit as a message of its own; the nth has the id `unique-n`. */
export async function depositsTo(
  sandbox: Sandbox,
  queue: string,
  unique: string,
  deposits: readonly Deposit[],
  options: { numbered?: boolean } = {},
): Promise<void> {
  const deadLetters = bodiesOf(unique, deposits, options).map((body, index) => ({
    body,
    key: deposits[index]?.account ?? "",
  }));
  await sandbox.send(queue, ...deadLetters);
}

export function bodiesOf(unique: string, deposits: readonly Deposit[], { numbered = false } = {}): string[] {
  return deposits.map((deposit, index) =>
    asciiJson(
      anEnvelope({
        ...Deposited.from(deposit),
        id: `${unique}-${index + 1}`,
        source: "/bank",
        ...(numbered && { sequence: String(numberOf(index, deposits)) }),
      }),
    ),
  );
}

/** Its number among those of its account. */
function numberOf(index: number, deposits: readonly Deposit[]): number {
  return deposits.slice(0, index + 1).filter(({ account }) => account === deposits[index]?.account).length;
}

export interface DepositRun {
  readonly queue: string;
  /** The name of the consumer, which its evidence and its outbox rows are named after. */
  readonly consumer: string;
  readonly unique: string;
  readonly deposits: readonly Deposit[];
}

/** Every deposit took effect once, was confirmed once, and nothing was parked. */
export async function evidenceAndEffect(sandbox: Sandbox, depositRun: DepositRun): Promise<string[]> {
  const { queue, consumer, unique, deposits } = depositRun;
  const found = await sums(sandbox, deposits);
  for (const [index, { account, amount }] of deposits.entries()) {
    const id = derivedId(consumer, "/bank", `${unique}-${index + 1}`);
    const rows = await sandbox.rows({ producer: consumer, key: account });
    const times = rows.filter((row) => isOfCommit(row, id)).flatMap(({ messages }) => messages).length;
    if (times !== 1) found.push(`G1: the deposit of ${amount} to ${account} is confirmed ${times} times`);
    if (!(await sandbox.get("EVIDENCE_TABLE", id))) found.push(`G2: no evidence of ${unique}-${index + 1}`);
  }
  return [...found, ...(await nothingParked(sandbox, queue))];
}

/** Every account holds what was paid in. */
export async function sums(sandbox: Sandbox, deposits: readonly Deposit[]): Promise<string[]> {
  const found: string[] = [];
  for (const [account, amounts] of Map.groupBy(deposits, ({ account }) => account)) {
    const wanted = amounts.reduce((sum, { amount }) => sum + amount, 0);
    const { sum = 0 } = (await sandbox.get("ACCOUNTS_TABLE", account)) ?? {};
    if (sum !== wanted) found.push(`G2: the account ${account} holds ${sum} and not ${wanted}`);
  }
  return found;
}

export async function nothingParked(sandbox: Sandbox, queue: string): Promise<string[]> {
  const deadLetters = await sandbox.deadLetters(queue);
  return deadLetters.map(({ reason = "too many receives" }) => `G6: a good message is parked: ${reason}`);
}
