// Keys that are the kit's: a projection keeps its generations, its offsets and their state beside the domain's items, under
// ids that begin with its name. A key that is made of a payload must never be one of them.
//
//   G10. Only the kit moves an offset or a generation, whatever ids a payload has.
import { Park } from "../core/outcome.ts";
import type { Write } from "./unit-of-work.ts";

/** `build-statement#generations`, `build-statement@1#offset#0`, `build-statement@1#statement#…` */
const reserved = /^[a-z\d-]+(#generations$|@\d+#)/;
/** What the kit itself puts under `<name>@<generation>#`. */
const kindsReserved: readonly string[] = ["offset", "parked"];

const own = new WeakSet<Write>();

/** Marks a write as the kit's own: its key was not made of a payload alone. */
export function kitsOwn(write: Write): Write {
  own.add(write);
  return write;
}

/** @throws Park KEY_RESERVED for a write whose key is the kit's, and which the kit did not make */
export function requireFreeKeys(write: Write): void {
  if (own.has(write)) return;
  const { Put, Update, Delete, ConditionCheck } = write;
  const key = Put ? { id: Put.Item?.id } : (Update?.Key ?? Delete?.Key ?? ConditionCheck?.Key ?? {});
  for (const value of Object.values(key)) requireFreeKey(value?.S);
}

/** @throws Park KEY_RESERVED */
export function requireFreeKey(id: string | undefined): void {
  if (!reserved.test(String(id))) return;
  throw new Park(
    "KEY_RESERVED",
    "a key like NAME#generations or NAME@N# is reserved for the kit: put your own prefix before a value from a payload",
  );
}

/** @throws Error for a kind of state that would stand where the kit keeps its own */
export function requireFreeKind(kind: string): void {
  if (!kindsReserved.includes(kind) && kind !== "" && !kind.includes("#")) return;
  throw new Error(
    `the kind of a projection's state must be a string without "#", other than ${kindsReserved.join(", ")}, got ${JSON.stringify(kind)}`,
  );
}
