// Dynamic references in a template, which CloudFormation resolves at deployment: `{{resolve:ssm:/name}}`.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html

import { NotUnderstood } from "./not-understood.ts";

const REFERENCE = /\{\{resolve:([^:}]+):([^}]+)\}\}/;

/** Throws `NotUnderstood` for a reference to another service than Parameter Store. */
export async function withReferences(
  value: unknown,
  parameter: (name: string) => Promise<string>,
): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((element) => withReferences(element, parameter)));
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(
      async ([key, member]) => [key, await withReferences(member, parameter)] as const,
    );
    return Object.fromEntries(await Promise.all(members));
  }
  return typeof value === "string" ? filledIn(value, parameter) : value;
}

async function filledIn(text: string, parameter: (name: string) => Promise<string>): Promise<string> {
  const [reference, service, name = ""] = REFERENCE.exec(text) ?? [];
  if (reference === undefined) return text;
  if (service !== "ssm")
    throw new NotUnderstood(`${reference} is not supported, only {{resolve:ssm:NAME}} is`);
  const value = await parameter(name.replace(/:\d+$/, ""));
  return text.replace(reference, () => value);
}
