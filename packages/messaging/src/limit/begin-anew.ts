// A limit whose item holds a value that no release of the kit writes, or that comes from a wrong clock. It begins anew and
// says so: a limit that waits for somebody to mend its item stops its consumers.
import { log } from "../observe/log.ts";
import type { LimitTable, StoredLimit } from "./limit-item.ts";

export interface Unreadable {
  readonly id: string;
  readonly item: StoredLimit;
  /** The attributes that cannot be read. */
  readonly unreadable: readonly string[];
  /** All that begin anew with them. */
  readonly attributes: readonly string[];
}

/** Removes the attributes, unless another has written them meanwhile. */
export async function beginAnew(limit: LimitTable, found: Unreadable): Promise<void> {
  const { id, item, unreadable, attributes } = found;
  const held = unreadable.flatMap((name) => {
    const value = item[name];
    return value === undefined ? [] : [[`:${name}`, value] as const];
  });
  const { isDone } = await limit.update(id, {
    rest: `REMOVE ${attributes.join(", ")}`,
    condition: unreadable.map((name) => `${name} = :${name}`).join(" AND "),
    values: Object.fromEntries(held),
  });
  if (isDone) sayBegunAnew(limit, id, unreadable);
}

export function sayBegunAnew({ name }: LimitTable, id: string, attributes: readonly string[]): void {
  log("error", "LIMIT_BEGUN_ANEW", { limit: name, id, attributes: attributes.join(", ") });
}
