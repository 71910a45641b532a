// Mutants of the registry: who accepts what, read while consumers come and go (G3, G7).
import { faults, type Mutant, messaging, quickTest, test } from "./mutant.ts";

const registry = "packages/messaging/src/publish/registry.ts";
const stranded = "packages/messaging/src/publish/stranded-rows.ts";
const registryTest = quickTest("messaging/registry");
const strandedTest = test("messaging/relay/stranded");

export const registryMutants: readonly Mutant[] = [
  {
    name: "registry: read only once",
    file: registry,
    find: "if (age < refreshMs ||",
    replace: "if (age >= 0 ||",
    checks: [registryTest],
  },
  {
    name: "registry: an unknown type does not cause a reading",
    file: registry,
    find: "if (unknown.length === 0) return now;",
    replace: "if (unknown.length >= 0) return now;",
    checks: [registryTest],
  },
  {
    name: "registry: an unknown type causes a reading each time",
    file: registry,
    find: "for (const each of unknown) askedFor.add(each);",
    replace: "",
    checks: [registryTest],
  },
  {
    name: "registry: an old reading never expires",
    file: registry,
    find: "return age < staleMsMax ? ask(options).catch(() => older) : ask(options);",
    replace: "return ask(options).catch(() => older);",
    checks: [registryTest],
  },
  {
    name: "registry: used before the relay's stack has opened it",
    file: registry,
    find: "if (entries.length === parameters.length) return undefined;",
    replace: "",
    checks: [messaging("parameters")],
  },
  {
    name: "registry: only the first page is read",
    file: "packages/messaging/src/aws/parameters.ts",
    find: "token = page.NextToken;",
    replace: "token = undefined;",
    checks: [messaging("parameters")],
  },
  {
    name: "registry: a throttled page is not retried",
    file: "packages/messaging/src/aws/parameters.ts",
    find: "/Throttl|TooManyUpdates/",
    replace: "/Never/",
    checks: [messaging("parameters")],
  },
  {
    name: "registry: an invalid entry is skipped",
    file: "packages/messaging/src/publish/registration.ts",
    find: "(queue !== undefined || accepts.length === 0);",
    replace: "true;",
    checks: [registryTest],
  },
  {
    name: "missing queue: its messages are not kept",
    file: stranded,
    find: "for (const row of owed) if (!kept.has(row)) left.add(row.id);",
    replace: "",
    checks: [faults("relay by stream, a queue gone"), strandedTest],
  },
  {
    name: "missing queue: messages given up are not reported",
    file: stranded,
    find: "  if (given.length > 0) log(",
    replace: "  if (given.length < 0) log(",
    checks: [strandedTest],
  },
  {
    name: "missing queue: a row for one queue is sent to every queue",
    file: "packages/messaging/src/publish/messages-by-queue.ts",
    find: "        if (row.queue !== undefined && row.queue !== queueUrl) continue;\n",
    replace: "",
    checks: [strandedTest],
  },
  {
    name: "missing queue: a row for one queue blocks the stream's shard",
    file: "packages/messaging/src/publish/relay/publish.ts",
    find: " || row.queue !== undefined; // the",
    replace: "; // the",
    checks: [strandedTest],
  },
  {
    name: "routes: a service may read the registry",
    file: "packages/constructs/src/rules/registry-rules.ts",
    find: " || !isOf(roles, statement.roles),",
    replace: ",",
    checks: [quickTest("constructs/rules/mutations")],
  },
];
