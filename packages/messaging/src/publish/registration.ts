// One entry of the relay's registry for each contract, written by the stack of its function.
//
//   The registry is a path of Parameter Store with one parameter for each contract, named after it. So an entry changes with
//   the stack it belongs to and with nothing else, its name is taken once in a stage, and no list has to fit anywhere.
//   docs/adr/0034-services-stand-alone.md
import type { Producer } from "../trust/producers.ts";

export interface Registration {
  readonly name: string;
  /** Each type that it understands, with its older versions. Empty for one that the relay sends nothing. */
  readonly accepts: readonly (readonly string[])[];
  /** Where it expects them. */
  readonly queue?: string | undefined;
  readonly publishes: readonly string[];
  /** The table of its service, when items of it carry messages (`inline`). */
  readonly table?: string | undefined;
  /** Types of those it accepts, or publishes, whose other side another app has. */
  readonly elsewhere: readonly string[];
  /** The stack that wrote it, for people. */
  readonly stack: string;
  /** For people, too: the console of a stage shows them. Absent in entries of older releases. */
  readonly limits?: readonly string[];
  readonly schedules?: boolean;
}

/** The parameter that the relay's own stack writes: before it nothing is sent, because others may still be to come. */
export const openedName = "Relay"; // no contract has a capital letter

/** What a parameter of the standard tier holds: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
export const registrationBytesMax = 4_096;

/**
 * The form of an entry. Apps that share a foundation need not have the same release: one that reads an entry of a higher form
 * would misread it, and refuses it instead. An entry without a form has the first one.
 */
export const registrationForm = 1;

/** @throws Error naming the contract when the text is not one that a stack of ours wrote */
export function readRegistration(name: string, text: string): Registration {
  const { form = 1, accepts, queue, publishes, table, elsewhere = [], stack = "", ...shown } = objectIn(text);
  if (form !== registrationForm) throw new RegistrationInvalid(name, form);
  const isWhole =
    Array.isArray(accepts) &&
    accepts.every(isTexts) &&
    isTexts(publishes) &&
    isTexts(elsewhere) &&
    typeof stack === "string" &&
    isTextOrAbsent(queue) &&
    isTextOrAbsent(table) &&
    (queue !== undefined || accepts.length === 0);
  if (isWhole) return { name, accepts, queue, publishes, table, elsewhere, stack, ...shownIn(shown) };
  throw new RegistrationInvalid(name);
}

/** The registry has an entry that cannot be read: whom it is for would miss its messages, so nobody goes on without it. */
export class RegistrationInvalid extends Error {
  override readonly name = "RegistrationInvalid";

  /** @param form of an entry that another release wrote */
  constructor(contract: string, form?: unknown) {
    super(
      form === undefined
        ? `the registry's entry of ${contract} must have "accepts" with a "queue", and "publishes"`
        : `the registry's entry of ${contract} has the form ${JSON.stringify(form)}, and this release reads form ${registrationForm}: deploy the foundation's app with the release that wrote it`,
    );
  }
}

/** Type → queues, as the publisher takes them. */
export function routesIn(registrations: readonly Registration[]): Record<string, string[]> {
  const routes: Record<string, string[]> = {};
  for (const { accepts, queue } of registrations) {
    if (queue === undefined) continue;
    for (const type of accepts.flat()) {
      routes[type] ??= [];
      routes[type].push(queue);
    }
  }
  return routes;
}

export function producersIn(registrations: readonly Registration[]): Record<string, Producer> {
  return Object.fromEntries(
    registrations
      .filter(({ publishes }) => publishes.length > 0)
      .map(({ name, publishes, table }) => [name, { publishes, ...(table !== undefined && { table }) }]),
  );
}

/** Nothing is sent by these: one that cannot be read holds back no message. */
function shownIn({ limits, schedules }: Readonly<Record<string, unknown>>) {
  return { ...(isTexts(limits) && { limits }), ...(schedules === true && { schedules }) };
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {}; // it is said with the name
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === "string");
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}
