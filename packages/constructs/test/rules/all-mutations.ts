import { alarmMutations } from "./alarm-mutations.ts";
import { dispatchMutations } from "./dispatch-mutations.ts";
import { mappingMutations } from "./mapping-mutations.ts";
import { otherMutations } from "./other-mutations.ts";
import { accessMutations } from "./property-mutations/access.ts";
import { functionMutations } from "./property-mutations/functions.ts";
import { storageMutations } from "./property-mutations/storage.ts";
import { queueMutations } from "./queue-mutations.ts";
import type { Subject } from "./subject.ts";

/** Every wrong value, and the rule that catches it. */
export const allMutations: readonly Subject[] = [
  ...mappingMutations,
  ...queueMutations,
  ...otherMutations,
  ...functionMutations,
  ...storageMutations,
  ...accessMutations,
  ...alarmMutations,
  ...dispatchMutations,
];
