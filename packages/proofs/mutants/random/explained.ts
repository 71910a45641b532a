// Changes that no test can notice, or that break no promise, each with its reason. A change is identified by its file, the
// original text and the replacement, so that it is found again when lines move.
import type { Change } from "./discover.ts";

export interface Explained extends Pick<Change, "file" | "original" | "replacement"> {
  readonly because: string;
}

/** `const { a = "" } = …` or `x ?? ""` where nothing is ever missing: TypeScript demands it of an index, no input reaches it. */
const onlyForTheCompiler = "only the compiler demands it: the value is never missing";

export const explained: readonly Explained[] = [
  {
    file: "packages/messaging/src/publish/older-rows.ts",
    original: "[]",
    replacement: '["Stryker was here"]',
    because: onlyForTheCompiler,
  },
  {
    file: "packages/messaging/src/publish/relay/oldest-rows.ts",
    original: '""',
    replacement: '"Stryker was here!"',
    because: "only the older outbox has rows without a place, each in a line of its own",
  },
  {
    file: "packages/messaging/src/aws/permanent.ts",
    original: "[]",
    replacement: '["Stryker was here"]',
    because: "a text has neither a code nor a message, so it is no reason",
  },
  {
    file: "packages/messaging/src/commit/effect.ts",
    original: "deadlineMs - recordMs - nowMs() < performMinMs",
    replacement: "deadlineMs - recordMs - nowMs() <= performMinMs",
    because: "a millisecond of a bound that is chosen freely",
  },
  {
    file: "packages/messaging/src/commit/overflow-rows.ts",
    original: '"0"',
    replacement: '""',
    because: "a day has three digits from 1973 to 2097",
  },
  {
    file: "packages/messaging/src/commit/stamp.ts",
    original: '"0"',
    replacement: '""',
    because: "a stamp has as many digits as it takes from 2001 to 2286",
  },
  {
    file: "packages/messaging/src/commit/storable.ts",
    original: '""',
    replacement: '"Stryker was here!"',
    because: "neither text has a reserved name in it",
  },
  {
    file: "packages/messaging/src/commit/storable.ts",
    original: "[]",
    replacement: '["Stryker was here"]',
    because: "the text in it is no reserved name",
  },
  {
    file: "packages/messaging/src/commit/claim-check.ts",
    original: "asciiJson({ ...message, data: 0 }).length + 1",
    replacement: "asciiJson({ ...message, data: 0 }).length - 1",
    because: "a few bytes a message, and itemReserveBytes keeps more than a hundred messages come to",
  },
  {
    file: "packages/messaging/src/core/exact-numbers.ts",
    original: "index < text.length",
    replacement: "index <= text.length",
    because: "behind the end there is no character, and no run",
  },
  {
    file: "packages/messaging/src/core/exact-numbers.ts",
    original: '""',
    replacement: '"Stryker was here!"',
    because: onlyForTheCompiler,
  },
  {
    file: "packages/messaging/src/commit/inline-overflow.ts",
    original: '""',
    replacement: '"Stryker was here!"',
    because: onlyForTheCompiler,
  },
  {
    file: "packages/messaging/src/commit/inline-overflow.ts",
    original: "seen.size > seenMax",
    replacement: "seen.size >= seenMax",
    because: "one item more or less of a bound that is chosen freely",
  },
  {
    file: "packages/messaging/src/commit/inline.ts",
    original: "/Exception$/",
    replacement: "/Exception/",
    because: "no error of DynamoDB has the word anywhere but at the end of its name",
  },
  {
    file: "packages/messaging/src/publish/relay/rotate-keys.ts",
    original: '"signing key"',
    replacement: '""',
    because: "an id of a key is any text that no other key of the secret has",
  },
  {
    file: "packages/messaging/src/publish/stranded-rows.ts",
    original: "id?.S",
    replacement: "id.S",
    because: onlyForTheCompiler,
  },
  {
    file: "packages/messaging/src/trust/signature.ts",
    original: "sqsMessage === undefined",
    replacement: "false",
    because: "only the compiler demands it: a message that came by no queue has no attribute either",
  },
  {
    file: "packages/messaging/src/pull/journal-partitions.ts",
    original: "item.id?.S",
    replacement: "item.id.S",
    because: onlyForTheCompiler,
  },
  {
    file: "packages/messaging/src/receive/isolation.ts",
    original: '"unknown"',
    replacement: '""',
    because: "it is compared with alone and ended only",
  },
  {
    file: "packages/messaging/src/commit/limits.ts",
    original: "id?.S !== undefined && Object.keys(more).length === 0",
    replacement: "false",
    because: "the short name of an item is only quicker to make: the long one is as good",
  },
  {
    file: "packages/messaging/src/pull/journal-append.ts",
    original: '"AppendRefused"',
    replacement: '""',
    because: "wording: the error's message says the same, and nothing decides by its name",
  },
];

export function reasonFor({ file, original, replacement }: Change): string | undefined {
  return explained.find(
    (one) => one.file === file && one.original === original && one.replacement === replacement,
  )?.because;
}
