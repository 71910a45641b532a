// A wiring rule: a demand on the synthesized templates, and a finding for each resource that breaks it.
import type { Resource, Templates } from "./templates.ts";
import { at } from "./wiring.ts";

export interface Rule {
  /** Acknowledged as `Wiring::<id>`. */
  readonly id: string;
  /** What must hold, and what happens otherwise. */
  readonly demand: string;
  check(templates: Templates): Finding[];
}

export interface Finding {
  readonly resource: Resource;
  /** Below `Properties`: `RedrivePolicy.maxReceiveCount`. */
  readonly property: string;
  /** What was found there; undefined is said as "absent". */
  readonly value: unknown;
  readonly remedy: string;
  /** By which it is acknowledged, where a rule has several. */
  readonly id?: string;
}

/** `resource` breaks the rule with what `property` is; `remedy` says what would keep it. */
export function finding(resource: Resource, property: string, remedy: string): Finding {
  return { resource, property, value: at(resource, property), remedy };
}
