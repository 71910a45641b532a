// Units of work that are ready together share a transaction: a tenth of the requests for a batch of ten.
//
//   G5. A unit's failure is its own: each unit gets the reasons of its own actions. Units without a reason are sent again
//   without the others, and after a second cancellation each one alone.
//   G11. A group has at most 100 actions and 4 MB, never two actions on one item, and waits a few milliseconds.
import type { DynamoDBServiceException as ServiceException } from "@aws-sdk/client-dynamodb";
import { type Gatherer, type GatherOptions, gatherer, type Ready } from "./gather.ts";
import { actionsMax, type Measured } from "./limits.ts";
import type { Reasons, Transact } from "./transaction.ts";

/** Commits a unit of work in one transaction, alone or among others; its reasons when it did not. */
export type GroupCommit = Gatherer<Measured, Reasons>;
export type GroupCommitOptions = GatherOptions;

type Member = Ready<Measured, Reasons>;

export function groupCommit(transact: Transact, options: GroupCommitOptions = {}): GroupCommit {
  return gatherer((group) => void commitGroup(group, transact), { ...options, actionsMax });
}

/** Never rejects: each member is told. */
async function commitGroup(members: readonly Member[], transact: Transact, attempt = 1): Promise<void> {
  if (members.length === 0) return;
  const actions = members.flatMap(({ unit }) => unit.actions);
  let reasons: Reasons;
  try {
    reasons = await transact(actions);
  } catch (error) {
    if (members.length > 1 && isOfTheRequest(error)) return commitAlone(members, transact);
    // A lost response concerns all units: each looks for its own evidence.
    for (const { reject } of members) reject(error);
    return;
  }
  const shares = sharesOf(members, reasons);
  const innocent = members.length === 1 ? [] : members.filter((_, index) => isInnocent(shares[index]));
  for (const [index, member] of members.entries()) {
    if (!innocent.includes(member)) member.resolve(shares[index]);
  }
  if (attempt > 1 || innocent.length === members.length) return commitAlone(innocent, transact);
  return commitGroup(innocent, transact, attempt + 1);
}

async function commitAlone(members: readonly Member[], transact: Transact): Promise<void> {
  await Promise.all(members.map((member) => commitGroup([member], transact)));
}

/** The reasons of each member's own actions; undefined when the group committed. */
function sharesOf(members: readonly Member[], reasons: Reasons): Reasons[] {
  if (reasons === undefined) return members.map(() => undefined);
  let start = 0;
  return members.map(({ unit }) => {
    const end = start + unit.actions.length;
    const share = reasons.slice(start, end);
    start = end;
    return share;
  });
}

function isInnocent(share: Reasons): boolean {
  return share?.every(({ Code = "None" }) => Code === "None") ?? false;
}

/**
 * True when the request was refused for its content, which may be the fault of one member: an expression, a table without
 * permission. A throttle that the SDK already retried concerns all: ten requests instead of one would make it worse.
 */
function isOfTheRequest(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, $fault, $metadata } = error as Error & Partial<ServiceException>;
  return name === "Park" || ($fault === "client" && ($metadata?.attempts ?? 1) === 1);
}
