// Units of work that are ready together share a transaction: a tenth of the requests for a batch of ten.
//
//   G5. A unit's failure is its own: each unit gets the reasons of its own actions. Units without a reason are sent again
//   without the others, and after a second cancellation each one alone.
//   G11. A group has at most 100 actions and 4 MB, never two actions on one item, and waits a few milliseconds.
import type { DynamoDBServiceException as ServiceException } from "@aws-sdk/client-dynamodb";
import { nowMs } from "../core/clock.ts";
import { actionsMax, type Measured, transactionBytesMax } from "./limits.ts";
import type { Reasons, Transact } from "./transaction.ts";

export interface GroupCommit {
  /** Says that a run has begun that may commit until its deadline: groups wait a moment for it. */
  begin(run: object, deadlineMs: number): void;
  /** Says that a run has ended, whatever became of it. */
  end(run: object): void;
  /** Commits a unit of work in one transaction, alone or among others; its reasons when it did not. */
  commit(run: object, unit: Measured): Promise<Reasons>;
}

export interface GroupCommitOptions {
  /** How long a unit that is ready waits for runs of its batch that are not, in milliseconds. */
  readonly lingerMs?: number;
}

const lingerMsDefault = 5;

export function groupCommit(
  transact: Transact,
  { lingerMs = lingerMsDefault }: GroupCommitOptions = {},
): GroupCommit {
  const busy = new Map<object, number>();
  let ready: Ready[] = [];
  let timer: NodeJS.Timeout | undefined;
  return {
    begin(run, deadlineMs) {
      busy.set(run, deadlineMs);
    },
    end(run) {
      if (busy.delete(run)) flushIfNobodyIsBusy();
    },
    commit(run, unit) {
      return new Promise<Reasons>((resolve, reject) => {
        ready.push({ unit, resolve, reject });
        busy.delete(run);
        timer ??= setTimeout(flush, lingerMs);
        flushIfNobodyIsBusy();
      });
    },
  };

  function flushIfNobodyIsBusy(): void {
    for (const [run, deadlineMs] of busy) if (deadlineMs <= nowMs()) busy.delete(run); // abandoned
    if (busy.size === 0) flush();
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const units = ready;
    ready = [];
    for (const group of groupsOf(units)) void commitGroup(group, transact);
  }
}

interface Ready {
  readonly unit: Measured;
  readonly resolve: (reasons: Reasons) => void;
  readonly reject: (error: unknown) => void;
}

/** First fit, in the order in which they became ready. */
function groupsOf(units: readonly Ready[]): Ready[][] {
  const groups: { members: Ready[]; items: Set<string>; actions: number; bytes: number }[] = [];
  for (const ready of units) {
    const { actions, items, bytes } = ready.unit;
    let group = groups.find(
      (one) =>
        one.actions + actions.length <= actionsMax &&
        one.bytes + bytes <= transactionBytesMax &&
        ![...items].some((item) => one.items.has(item)),
    );
    if (group === undefined) {
      group = { members: [], items: new Set(), actions: 0, bytes: 0 };
      groups.push(group);
    }
    group.members.push(ready);
    group.actions += actions.length;
    group.bytes += bytes;
    for (const item of items) group.items.add(item);
  }
  return groups.map(({ members }) => members);
}

/** Never rejects: each member is told. */
async function commitGroup(members: readonly Ready[], transact: Transact, attempt = 1): Promise<void> {
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

async function commitAlone(members: readonly Ready[], transact: Transact): Promise<void> {
  await Promise.all(members.map((member) => commitGroup([member], transact)));
}

/** The reasons of each member's own actions; undefined when the group committed. */
function sharesOf(members: readonly Ready[], reasons: Reasons): Reasons[] {
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
