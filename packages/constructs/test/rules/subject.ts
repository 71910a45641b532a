// What the proof of the rules is written in: resources of the real app, and the wrong values of their properties.
import type { TemplateResource } from "@essentially-once/testing/real-app";

export interface Subject {
  readonly name: string;
  readonly is: (resource: TemplateResource, logicalId: string) => boolean;
  /** Property → wrong value → rule. `absent` removes the property; `@DeletionPolicy` is beside the properties. */
  readonly mutations: readonly (readonly [property: string, wrong: unknown, rule: string])[];
  /** Properties that no rule looks at, and why; undefined: the rules look at the listed ones only. */
  readonly harmless?: Readonly<Record<string, string>>;
  /** Two of many that are alike are enough. */
  readonly alike?: boolean;
}

export const absent = Symbol("absent");

/** A queue that is not in the app. */
export const elsewhere = "arn:aws:sqs:eu-west-1:123456789012:elsewhere";
