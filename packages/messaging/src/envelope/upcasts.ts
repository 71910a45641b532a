// The way of an old message to the present: one pure step from each version to the next. A queue, a dead letter
// or a journal outlives a deployment, so what they hold may be of any version that was ever sent.
import type { StandardSchemaV1 } from "@standard-schema/spec";

/** `v1`, `v2` … to what each of them was and how it becomes the next; `Older` is inferred, key by key. */
export type Upcasts<Older> = { readonly [Version in keyof Older]: Upcast<Older[Version]> };

export interface Upcast<Data> {
  /** The schema that the version had when it was the current one. */
  readonly schema: StandardSchemaV1<unknown, Data>;
  /** The data of the next version: pure, so that every delivery gives the same. */
  readonly lift: (data: Data) => unknown;
}

/** A step from one type to the next. */
export interface Lift {
  readonly to: string;
  readonly schema: StandardSchemaV1;
  readonly lift: (data: unknown) => unknown;
}

/**
 * The steps to `type`, by the type they start from, newest first.
 * @throws Error when they do not lead, one by one, up to `type`
 */
export function liftsTo<Older>(type: string, upcasts: Upcasts<Older> | undefined): Map<string, Lift> {
  if (upcasts === undefined) return new Map();
  const [, name, number] = /(.+)\.v([1-9]\d*)$/.exec(type) ?? [];
  if (name === undefined) throw new Error(`${type} must end with its version (.v2) to have upcasts`);

  const current = Number(number);
  const steps = Object.entries(upcasts) as [string, Lift][]; // each lift is called with what its own schema gave
  const lifts = new Map<string, Lift>();
  for (let version = current - 1; lifts.size < steps.length; version--) {
    const step = steps.find(([key]) => key === `v${version}`)?.[1];
    if (step === undefined) {
      const given = steps.map(([key]) => key).join(", ");
      throw new Error(
        `upcasts of ${type} must lead to v${current} without a gap: v${version} is missing from ${given}`,
      );
    }
    lifts.set(`${name}.v${version}`, { ...step, to: `${name}.v${version + 1}` });
  }
  return lifts;
}
