// Why something could not be read, in a few words: the error's name, and for a refusal the permission that is missing.

/** AWS says `User: … is not authorized to perform: sqs:GetQueueAttributes on resource: … because no identity-based policy …`. */
const REFUSED = /not authorized to perform:? ([\w-]+:\w+)/i;

export function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [, permission] = REFUSED.exec(error.message) ?? [];
  return permission === undefined ? error.name : `${error.name}, which ${permission} would allow`;
}
