// Properties of the resource types that the templates use, each with its allowed values. A property that is not listed is
// refused by name: AWS adds properties, and an unchecked value may lose, delay, reorder or expose messages, or silence an
// alarm.
import { type Finding, finding, type Rule } from "../rule.ts";
import type { Resource, Templates } from "../templates.ts";
import { at } from "../wiring.ts";

export interface Property {
  /** Below `Properties`; `*` stands for each element of a list. What is below it is covered too. */
  readonly path: string;
  /** What is below it has to be listed on its own. */
  readonly isShallow?: boolean;
  /** Absent: any value is right, or another rule decides. */
  readonly rule?: {
    readonly allows: (value: unknown, scope: Scope) => boolean;
    /** What would be right, for people. */
    readonly allowed: string;
    /** What happens with any other value. */
    readonly otherwise: string;
  };
}

export interface Scope {
  readonly resource: Resource;
  readonly templates: Templates;
}

export interface PropertyTable {
  /** Begins the ids of the rules: `queue` gives `queue-delay-seconds`. */
  readonly kind: string;
  readonly types: readonly string[];
  readonly properties: readonly Property[];
}

export function rulesOf(table: PropertyTable): Rule[] {
  const { kind, types, properties } = table;
  return [
    ...properties.flatMap(({ path, rule }) => {
      if (rule === undefined) return [];
      const check = (templates: Templates) =>
        templates.ofType(...types).flatMap((resource) =>
          valuesAt(resource.properties, path.split("."))
            .filter(({ value }) => !rule.allows(value, { resource, templates }))
            .map(({ at: property }) => finding(resource, property, rule.allowed)),
        );
      return [{ id: `${kind}-${kebab(path)}`, demand: rule.otherwise, check }];
    }),
    {
      id: `${kind}-unlisted`,
      demand: "the rules do not know whether this property is safe",
      check: (templates) => templates.ofType(...types).flatMap((resource) => unlisted(resource, table)),
    },
  ];
}

/** Each has an id of its own, so that one can be accepted without the others. */
function unlisted(resource: Resource, { kind, properties }: PropertyTable): Finding[] {
  return leavesOf(resource.properties)
    .filter(
      (leaf) => !properties.some((one) => !one.isShallow && covers(one.path.split("."), leaf.split("."))),
    )
    .map((leaf) => ({
      ...finding(resource, leaf, "remove it, or acknowledge the finding with the reason why it is safe here"),
      id: `${kind}-unlisted-${kebab(leaf.replace(/\.\d+/g, ""))}`,
    }));
}

/** `FifoQueue` → `fifo-queue`, `KMSMasterKeyId` → `kms-master-key-id`. */
export function kebab(path: string): string {
  return path
    .replaceAll(".*", "")
    .replace(/([a-z\d])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replace(/[^A-Za-z\d]+/g, "-")
    .toLowerCase();
}

interface Found {
  readonly at: string;
  readonly value: unknown;
}

/** A list that is not there has no elements; any other property that is not there is undefined. */
function valuesAt(value: unknown, [key, ...rest]: readonly string[], place = ""): Found[] {
  if (key === undefined) return [{ at: place, value }];
  if (key !== "*") {
    const member = isObject(value) ? value[key] : undefined;
    return valuesAt(member, rest, place === "" ? key : `${place}.${key}`);
  }
  if (!Array.isArray(value)) return [];
  return value.flatMap((element, index) => valuesAt(element, rest, `${place}.${index}`));
}

/** Paths of all values; what an intrinsic function gives is one value. */
function leavesOf(value: unknown, place = ""): string[] {
  const isIntrinsic =
    isObject(value) && Object.keys(value).some((key) => key === "Ref" || key.startsWith("Fn::"));
  if (typeof value !== "object" || value === null || isIntrinsic) return [place];
  const members = Object.entries(value);
  if (members.length === 0) return place === "" ? [] : [place];
  return members.flatMap(([key, member]) => leavesOf(member, place === "" ? key : `${place}.${key}`));
}

function covers(path: readonly string[], leaf: readonly string[]): boolean {
  return path.length <= leaf.length && path.every((key, index) => key === "*" || key === leaf[index]);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Any value is right, or another rule looks at it. */
export function free(...paths: readonly string[]): Property[] {
  return paths.map((path) => ({ path }));
}

export function oneOf(path: string, values: readonly unknown[], otherwise: string): Property {
  const said = values.map((value) => (value === undefined ? "absent" : String(value))).join(", ");
  return property(path, (value) => values.some((one) => same(one, value)), said, otherwise);
}

/** A number; absent is right only when `absent` says which number that means. */
export function within(
  path: string,
  { min, max, absent }: { readonly min: number; readonly max: number; readonly absent?: number },
  otherwise: string,
): Property {
  const allows = (value: unknown) => {
    const number = value === undefined ? absent : numberOf(value);
    return number !== undefined && number >= min && number <= max;
  };
  return property(path, allows, min === max ? `${min}` : `${min} to ${max}`, otherwise);
}

export function never(path: string, otherwise: string): Property {
  return property(path, (value) => value === undefined, "remove it", otherwise);
}

/** A resource of this app of one of these types. */
export function references(path: string, types: readonly string[], otherwise: string): Property {
  return property(
    path,
    (value, { templates }) => types.includes(templates.referredTo(value)?.type ?? ""),
    `a resource of this app: ${types.join(" or ")}`,
    otherwise,
  );
}

/** Only where data is kept: in the stage `prod`. */
export function inProd(rule: Property): Property {
  const { path, rule: inner } = rule;
  if (inner === undefined) return rule;
  const allows = (value: unknown, scope: Scope) => !scope.templates.keepsData || inner.allows(value, scope);
  return { path, rule: { ...inner, allows } };
}

export function property(
  path: string,
  allows: (value: unknown, scope: Scope) => boolean,
  allowed: string,
  otherwise: string,
): Property {
  return { path, rule: { allows, allowed, otherwise } };
}

/** CloudFormation takes numbers and booleans as texts too. */
function same(one: unknown, value: unknown): boolean {
  return value === one || (value !== undefined && typeof value !== "object" && String(value) === String(one));
}

export function numberOf(value: unknown): number | undefined {
  const isNumber = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
  return isNumber ? Number(value) : Number.NaN;
}

export { at };
