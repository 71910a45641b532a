// All mutants, by the part of the kit that they change, as docs/mutants.md lists them.
import { commitMutants } from "./commit.ts";
import { consumerMutants } from "./consumer.ts";
import { inlineMutants } from "./inline.ts";
import { limitMutants } from "./limits.ts";
import type { Mutant } from "./mutant.ts";
import { operatorMutants } from "./operator.ts";
import { outsideMutants } from "./outside.ts";
import { pullMutants } from "./pull.ts";
import { registryMutants } from "./registry.ts";
import { relayMutants } from "./relay.ts";
import { trustMutants } from "./trust.ts";
import { versionMutants } from "./versions.ts";
import { waitMutants } from "./waits.ts";
import { wiringMutants } from "./wiring.ts";

export const mutantsByPart: Readonly<Record<string, readonly Mutant[]>> = {
  Commit: commitMutants,
  Inline: inlineMutants,
  Consumer: consumerMutants,
  "Waits and attempts": waitMutants,
  "Rates and breakers": limitMutants,
  "Leases and at most once": outsideMutants,
  Relay: relayMutants,
  Registry: registryMutants,
  Pull: pullMutants,
  "Input and trust": trustMutants,
  Operator: operatorMutants,
  Wiring: wiringMutants,
  Versions: versionMutants,
};

export const mutants: readonly Mutant[] = Object.values(mutantsByPart).flat();
