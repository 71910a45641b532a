// All mutants, in the order of the table in docs/guarantees.md.
import { commitMutants } from "./commit.ts";
import { consumerMutants } from "./consumer.ts";
import { inlineMutants } from "./inline.ts";
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

export const mutants: readonly Mutant[] = [
  ...commitMutants,
  ...inlineMutants,
  ...consumerMutants,
  ...waitMutants,
  ...outsideMutants,
  ...relayMutants,
  ...registryMutants,
  ...pullMutants,
  ...trustMutants,
  ...operatorMutants,
  ...wiringMutants,
  ...versionMutants,
];
