// One name in the forms in which the project writes it: `send-invoice`, `SendInvoice`, `sendInvoice`, `SEND_INVOICE`.
import { globSync } from "node:fs";
import { UsageError } from "../terminal/usage-error.ts";
import type { Draft } from "./draft.ts";

export interface TypeName {
  /** `billing.invoice-sent.v1` */
  readonly type: string;
  readonly service: string;
  /** `InvoiceSent`, and from the second version on `InvoiceSentV2`. */
  readonly exported: string;
  /** `invoice-sent`, `invoice-sent-v2` */
  readonly file: string;
}

export interface FunctionName {
  readonly service: string;
  readonly name: string;
}

const kebab = "[a-z][a-z0-9]*(?:-[a-z0-9]+)*";

/** @throws UsageError */
export function readTypeName(type: string | undefined): TypeName {
  const match = new RegExp(`^(${kebab})\\.(${kebab})\\.v([1-9]\\d*)$`).exec(type ?? "");
  const [whole, service = "", name = "", version = ""] = match ?? [];
  if (whole === undefined) {
    throw new UsageError(
      `a message type must be SERVICE.NAME.vN, like billing.invoice-sent.v1, got ${JSON.stringify(type ?? "")}.`,
    );
  }
  const file = version === "1" ? name : `${name}-v${version}`;
  return { type: whole, service: checked(service), exported: pascal(file), file };
}

/** @throws UsageError */
export function readFunctionName(kind: string, text: string | undefined): FunctionName {
  const [whole, service = "", name = ""] = new RegExp(`^(${kebab})/(${kebab})$`).exec(text ?? "") ?? [];
  if (name === "messages" || name === "contracts")
    throw new UsageError(
      `the name ${name} is reserved: ${name}.ts of a service holds its ${name}. Choose another name.`,
    );
  if (whole !== undefined) return { service: checked(service), name };
  throw new UsageError(
    `the name of a ${kind} must be SERVICE/NAME, like billing/send-invoice, got ${JSON.stringify(text ?? "")}.`,
  );
}

/** What the kit itself is made of. */
const taken = ["foundation", "relay", "operations", "service"];

function checked(service: string): string {
  if (!taken.includes(service)) return service;
  throw new UsageError(`the names ${taken.join(", ")} are reserved for services, got "${service}".`);
}

/**
 * A function logs, counts and keeps its evidence by its name, so no other may have it, of whatever service.
 *
 * @throws UsageError naming who has it
 */
export function requireFree({ name }: FunctionName, files: Draft): void {
  const holder = globSync(`functions/*/${name}.ts`, { cwd: files.projectDirectory }).find((file) =>
    /export (const handler|\{ handler \})/.test(files.read(file) ?? ""),
  );
  if (holder === undefined) return;
  throw new UsageError(`${holder} already has the name ${name}. Choose another: function names are unique.`);
}

export function pascal(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function camel(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function constant(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}
