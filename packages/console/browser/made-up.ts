// A console of made-up data for the tests of a file.

import type { Source } from "../src/data/source.ts";
import { type ConsoleServer, startConsoleServer } from "../src/server/server.ts";
import { fixtureSource } from "../test/fixture/source.ts";

export interface MadeUpOptions {
  readonly consumers?: number;
  readonly messages?: number;
  readonly deadLetters?: number;
  readonly mayChange?: boolean;
  /** Replaces parts of the made-up source. */
  readonly change?: (source: Source) => Source;
}

export function startMadeUp({
  consumers = 5,
  messages = 200,
  deadLetters = 40,
  mayChange = true,
  change = (source) => source,
}: MadeUpOptions = {}): Promise<ConsoleServer> {
  const source = change(fixtureSource({ consumers, messages, deadLetters }, mayChange));
  return startConsoleServer({ source, countsEveryMs: 300 });
}
