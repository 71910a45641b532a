// Mutants of processes (G12, G14).
import { type Mutant, orders, quickTest, test } from "./mutant.ts";

const advance = "packages/messaging/src/process/advance.ts";
const soundness = "packages/messaging/src/process/soundness.ts";
const explored = test("proofs/explore-process");
const made = quickTest("messaging/process");

export const processMutants: readonly Mutant[] = [
  {
    name: "process: a time-out of an earlier wait ends the next one",
    file: advance,
    find: "    if (isLate(process.name, timers, item, message)) return;\n",
    replace: "",
    checks: [test("messaging/advance")],
  },
  {
    name: "process: a wait that ended leaves its time-out scheduled",
    file: advance,
    find: "    if (enteredBy !== undefined && !wasSent) await unit.cancel?.(id);\n",
    replace: "",
    checks: [explored],
  },
  {
    name: "process: a wait begins without its time-out",
    file: advance,
    find: "const waits = scheduleTimeout(timers, unit, next);",
    replace: "const waits = false && scheduleTimeout(timers, unit, next);",
    checks: [explored],
  },
  {
    name: "process: an ignored message leaves no evidence",
    file: advance,
    find: "if (item && mayMove(process.rows, status, message.type)) unit.write(items.save(item));",
    replace: "",
    checks: [test("messaging/advance")],
  },
  {
    name: "process: a step keeps the status that it read",
    file: advance,
    find: "id, version, status: to };",
    replace: "id, version };",
    checks: [orders("process, evidence in its item"), explored],
  },
  {
    name: "process: a step may lead to a status that its cell does not list",
    file: advance,
    find: "const to = cell.to.find((one) => one === wanted);",
    replace: "const to = wanted;",
    checks: [test("messaging/advance")],
  },
  {
    name: "process: a status of a newer release parks the message at once",
    file: advance,
    find: `throw new RetryLater("STATUS_UNKNOWN", undefined, { lastly });`,
    replace: "throw lastly;",
    checks: [test("messaging/advance")],
  },
  {
    name: "process: a pair that is not decided is made",
    file: soundness,
    find: "    if (open.length > 0)\n",
    replace: "    if (open.length > 99)\n",
    checks: [made],
  },
  {
    name: "process: a status that nothing leads to is made",
    file: soundness,
    find: "if (unreached.length === 0) return;",
    replace: "return;",
    checks: [made],
  },
  {
    name: "process: a wait that nothing ends is made",
    file: soundness,
    find: "if (ends || (finals.size === 0 && leaving !== undefined)) continue;",
    replace: "if (leaving !== undefined || !finals.has(status)) continue;",
    checks: [made],
  },
  {
    name: "process: a final status that leads on is made",
    file: soundness,
    find: "if (leaving === undefined) continue;",
    replace: "continue;",
    checks: [made],
  },
  {
    name: "process: a time-out that its status ignores is made",
    file: soundness,
    find: `if (!moves(cells, type))`,
    replace: `if (cells.get(type) === undefined)`,
    checks: [made],
  },
];
