// Mutants of scheduled messages (G12).
import { faults, type Mutant, messaging, quickTest, test } from "./mutant.ts";

const item = "packages/messaging/src/schedule/scheduled-item.ts";
const scheduling = "packages/messaging/src/schedule/scheduling.ts";
const schedules = "packages/messaging/src/schedule/schedules.ts";
const beside = "packages/messaging/src/schedule/beside.ts";
const dispatch = "packages/messaging/src/schedule/dispatch.ts";
const dueItems = "packages/messaging/src/schedule/due-items.ts";
const dueTime = "packages/messaging/src/schedule/due-time.ts";
const dispatcher = "packages/messaging/src/publish/relay/dispatch.ts";
const dispatchTest = test("messaging/relay/dispatch");

export const scheduleMutants: readonly Mutant[] = [
  {
    name: "a cancel and a dispatch do not look whether the item is still there",
    file: item,
    find: "  return { Delete: { TableName: table, Key: { id: { S: read.id } }, ...unmoved(read) } };",
    replace: "  return { Delete: { TableName: table, Key: { id: { S: read.id } } } };",
    checks: [faults("schedules, dispatch by race"), messaging("schedules")],
  },
  {
    name: "a moved message goes out at its first time",
    file: item,
    find: `    ConditionExpression: "messageId = :messageId AND due = :due",`,
    replace: `    ConditionExpression: "messageId = :messageId AND due <> :due OR messageId = :messageId",`,
    checks: [dispatchTest],
  },
  {
    name: "a second message of a key takes the place of the first",
    file: item,
    find: `    ConditionExpression: "attribute_not_exists(id) OR messageId = :messageId",`,
    replace: `    ConditionExpression: "attribute_not_exists(id) OR messageId <> :messageId OR messageId = :messageId",`,
    checks: [messaging("schedules")],
  },
  {
    name: "an item is sent before its time",
    file: dispatch,
    find: "  return Date.parse(due) <= nowMs();",
    replace: "  return Date.parse(due) <= nowMs() + 3_600_000;",
    checks: [dispatchTest],
  },
  {
    name: "the dispatcher looks ahead of the clock",
    file: dispatcher,
    find: "for await (const step of dueEntries({ table, slots, until: isoOf(now) })) {",
    replace: "for await (const step of dueEntries({ table, slots, until: isoOf(now + 60_000) })) {",
    checks: [dispatchTest],
    survives: "each item that it reads is held against the clock once more",
  },
  {
    name: "one item that moved keeps the others of its transaction back",
    file: dispatch,
    find: "    open = open.filter(({ id }) => !gone.has(id));",
    replace: "",
    checks: [dispatchTest],
  },
  {
    name: "a message keeps the time at which it was scheduled",
    file: dispatch,
    find: "({ ...message, time: nowIso() })",
    replace: "({ ...message })",
    checks: [dispatchTest],
  },
  {
    name: "an item in another's name is dispatched",
    file: dispatch,
    find: `    if (item.id.startsWith(\`\${item.message.source.replace(/^\\//, "")}#\`)) return item;`,
    replace: "    if (item.id.length > 0) return item;",
    checks: [dispatchTest],
  },
  {
    name: "messages of one key go out in the order of a hash",
    file: dispatch,
    find: "  items.sort((a, b) => (a.due < b.due ? -1 : 1));",
    replace: "  items.sort((a, b) => (a.id < b.id ? -1 : 1));",
    checks: [dispatchTest],
  },
  {
    name: "of a page with a next one, all entries are taken for the oldest",
    file: dueItems,
    find: '    const ends = open.map(({ entries }) => entries.at(-1)?.due ?? "");',
    replace: "    const ends: string[] = [];",
    checks: [messaging("due-items")],
  },
  {
    name: "without evidence's store, what was scheduled is forgotten",
    file: schedules,
    find: "      await event.unit.checked();",
    replace: "      void event;",
    checks: [messaging("schedules")],
  },
  {
    name: "inline commits its item although a condition on a schedule failed",
    file: beside,
    find: "    const reasons = await send([own, ...others]);",
    replace: "    await send(others);\n    const reasons = await send([own]);",
    checks: [messaging("schedules")],
  },
  {
    name: "a run that lost a race for a key does not look at it",
    file: scheduling,
    find: '      if (readsFirst) await (await import("./free-keys.ts")).requireFreeKeys(changes.values(), read); // seldom',
    replace: "",
    checks: [messaging("schedules")],
  },
  {
    name: "a type that the contract does not list is scheduled",
    file: scheduling,
    find: "    if (!schedules?.some(({ type }) => type === draft.type)) {",
    replace: "    if (schedules.length === 0) {",
    checks: [messaging("schedules")],
  },
  {
    name: "a delay may be negative",
    file: dueTime,
    find: `  return typeof value === "number" && value >= 0;`,
    replace: `  return typeof value === "number";`,
    checks: [quickTest("messaging/due-time")],
  },
  {
    name: "a wake-up comes before its second",
    file: "packages/messaging/src/schedule/wake-up.ts",
    find: "  return Math.ceil(dueMs / 1_000) * 1_000;",
    replace: "  return Math.floor(dueMs / 1_000) * 1_000;",
    checks: [dispatchTest],
  },
];
