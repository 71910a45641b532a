// The contracts of the app in this directory, by the consumer's name. They are values without side effects, so loading
// them runs no other code of the app.

import { globSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { MessageType } from "@essentially-once/messaging/message-type";

export interface KnownContract {
  readonly name: string;
  readonly accepts: readonly MessageType[];
}

export interface Contracts {
  /** Undefined for a consumer that has no contract here. */
  of(name: string): KnownContract | undefined;
  /** Files that could not be loaded, with the reason. */
  readonly broken: readonly string[];
}

export const noContracts: Contracts = { of: () => undefined, broken: [] };

/** @param directory of the app: `functions/<service>/contracts.ts` below it */
export async function loadContracts(directory: string = process.cwd()): Promise<Contracts> {
  const byName = new Map<string, KnownContract>();
  const broken: string[] = [];
  for (const file of globSync("functions/*/contracts.{ts,js}", { cwd: directory }).sort()) {
    try {
      const exported: unknown = await import(pathToFileURL(resolve(directory, file)).href);
      for (const value of Object.values(exported as object)) {
        if (isContract(value)) byName.set(value.name, value);
      }
    } catch (error) {
      broken.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { of: (name) => byName.get(name), broken };
}

function isContract(value: unknown): value is KnownContract {
  if (typeof value !== "object" || value === null) return false;
  const { name, accepts } = value as Partial<KnownContract>;
  return typeof name === "string" && Array.isArray(accepts) && accepts.every(isMessageType);
}

function isMessageType(value: unknown): value is MessageType {
  const { types, parse } = (value ?? {}) as Partial<MessageType>;
  return Array.isArray(types) && typeof parse === "function";
}
