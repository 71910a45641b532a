// Mutants of the formats: each stores, finds or reads something in another way than the release before (G2, G3, G4, G7, G10).
// Within one release nothing would notice; what earlier releases have recorded does.
import { type Mutant, quickTest, test } from "./mutant.ts";

const kit = "packages/messaging/src";
const recorded = test("proofs/versions/recorded");

export const versionMutants: readonly Mutant[] = [
  {
    name: "formats: evidence has another key",
    file: `${kit}/core/ids.ts`,
    find: "return derivedId(consumer, source, id);",
    replace: "return derivedId(source, consumer, id);",
    checks: [recorded],
  },
  {
    name: "formats: inline evidence has another name",
    file: `${kit}/commit/item-evidence.ts`,
    find: "Prefix}evidence`,",
    replace: "Prefix}seen`,",
    checks: [recorded],
  },
  {
    name: "formats: rows of what has left an item have another name",
    file: `${kit}/commit/overflow-rows.ts`,
    find: "#inline#$",
    replace: "#beyond#$",
    checks: [recorded],
  },
  {
    name: "formats: a lease of an effect has another name",
    file: `${kit}/commit/effect.ts`,
    find: "`effect:$",
    replace: "`effects:$",
    checks: [recorded],
  },
  {
    name: "formats: a hold has another name",
    file: `${kit}/receive/holds.ts`,
    find: 'derivedId("hold", queueName, group)',
    replace: 'derivedId("hold", group, queueName)',
    checks: [recorded],
  },
  {
    name: "formats: a run note has another name",
    file: `${kit}/receive/attempt-store.ts`,
    find: 'derivedId("run", ',
    replace: 'derivedId("runs", ',
    checks: [recorded],
  },
  {
    name: "formats: signatures of the version before are not read",
    file: `${kit}/trust/signature.ts`,
    find: 'const version = "v1";',
    replace: 'const version = "v2";',
    checks: [recorded],
  },
  {
    name: "formats: an offset has another name",
    file: `${kit}/pull/offset.ts`,
    find: "#offset#$",
    replace: "#offsets#$",
    checks: [recorded],
  },
  {
    name: "formats: journal evidence has another name",
    file: `${kit}/pull/journal-items.ts`,
    find: "#evidence#$",
    replace: "#seen#$",
    checks: [recorded],
  },
  {
    name: "formats: claim-check objects have another prefix",
    file: `${kit}/envelope/claim-place.ts`,
    find: 'travelPrefix = "claims/"',
    replace: 'travelPrefix = "data/"',
    checks: [recorded],
  },
  {
    name: "registry: an entry of a newer form is read all the same",
    file: `${kit}/publish/registration.ts`,
    find: "if (form !== registrationForm)",
    replace: "if (form === undefined)",
    checks: [quickTest("messaging/registry")],
  },
];
