// Changes after which the kit does the same, or that break no promise, each with its reason.

import { equivalentCommit } from "./equivalent-commit.ts";
import { equivalentFlow } from "./equivalent-flow.ts";
import { equivalentLimit } from "./equivalent-limit.ts";
import { aList, aText, onlyForTheCompiler, onlyRemembered, type Row } from "./reasons.ts";

/** Of the search for a text that may have such a number. */
const onlySlower = "more texts are looked at number by number, and none is judged otherwise";

/** In the place of messages that are not there. */
const noMessages = "neither is a list of messages, and the row is reported as one that cannot be read";

/** Files below packages/messaging/src, without their ending. */
export const equivalent: readonly Row[] = [
  ...equivalentFlow,
  ...equivalentCommit,
  ...equivalentLimit,
  ["aws/permanent", "[]", aList, "a text has neither a code nor a message, so it is no reason"],
  [
    "aws/permanent",
    "/Exception$/",
    "/Exception/",
    "no error of AWS has the word anywhere but at the end of its name",
  ],
  ["aws/hints", '" "', '""', "no pattern goes on from one text into the next"],
  ["aws/in-flight", '"a command"', '""', onlyForTheCompiler],
  [
    "aws/batch",
    "{\n      return false; // its neighbours go on; `work` has said why\n    }",
    "{}",
    "nothing is no more a success than false",
  ],
  ["aws/turns", "before !== undefined", "true", "to wait for nothing ends at once"],
  [
    "core/exact-numbers",
    "index < text.length",
    "index <= text.length",
    "behind the end there is no character, and no run",
  ],
  ["core/exact-numbers", '""', aText, onlyForTheCompiler],
  ["core/exact-numbers", "last - first > runMin", "last - first >= runMin", onlySlower],
  ["core/exact-numbers", "!hasLongRun(text) && !tiny.test(text)", "false", onlySlower],
  ["core/exact-numbers", "code >= 48", "true", onlySlower],
  ["core/exact-numbers", "code >= 48 && code <= 57", "code >= 48 || code <= 57", onlySlower],
  ["core/exact-numbers", "place > runMin - 1", "place >= runMin - 1", "so few digits are exact"],
  [
    "core/issue-paths",
    "seen.size < objectsMax",
    "seen.size <= objectsMax",
    "one object more or less of a bound that is chosen freely",
  ],
  ["core/item-size", '""', aText, "no character of it is a digit, and only digits are counted"],
  [
    "envelope/caps",
    "text.length > 2 * valuesMax",
    "true",
    "a shortcut: what is too short for so many values is counted all the same",
  ],
  [
    "envelope/caps",
    "text.length > 2 * valuesMax",
    "text.length >= 2 * valuesMax",
    "a shortcut: what is too short for so many values is counted all the same",
  ],
  [
    "envelope/caps",
    "2 * valuesMax",
    "2 / valuesMax",
    "a shortcut: what is too short for so many values is counted all the same",
  ],
  [
    "envelope/caps",
    "at < text.length",
    "at <= text.length",
    "behind the end there is no character, and no value",
  ],
  [
    "envelope/digest",
    "dataref === undefined && ordered === data",
    "false",
    "a shortcut: the second hash would be that of the same text",
  ],
  ["envelope/digest", "!isSorted", "true", "names that are sorted stay as they are"],
  [
    "envelope/digest",
    "(names[index - 1] as string) < name",
    "names[index - 1] as string <= name",
    "no two keys of an object are the same",
  ],
  [
    "envelope/json-value",
    "default:\n      return undefined;",
    "default:",
    "a function that ends without a return gives undefined, too",
  ],
  ["envelope/upcasts", "[]", aList, "the name stands second"],
  ["publish/older-rows", "[]", aList, onlyForTheCompiler],
  ["publish/older-rows", "item.id?.S", "item.id.S", onlyForTheCompiler],
  ["publish/older-rows", "item.place?.S", "item.place.S", onlyForTheCompiler],
  ["publish/older-rows", '""', aText, onlyForTheCompiler],
  ["publish/older-rows", "triedBefore.clear();", ";", onlyRemembered],
  [
    "publish/older-rows",
    "placeIn(row) < placeIn(low)",
    "placeIn(row) <= placeIn(low)",
    "of two rows with one place either has the same rows before it",
  ],
  ["publish/inline-stream", '{ S: "none" }', "{}", noMessages],
  ["publish/inline-stream", '"none"', '""', noMessages],
  ["publish/inline-stream", '""', aText, onlyForTheCompiler],
  ["publish/relay/oldest-rows", "[]", aList, onlyForTheCompiler],
  ["publish/relay/oldest-rows", "a < b", "a <= b", "no two rows of a line have one place"],
  [
    "publish/relay/oldest-rows",
    '""',
    aText,
    "only the older outbox has rows without a place, each in a line of its own",
  ],
  [
    "publish/relay/rotate-keys",
    '"signing key"',
    '""',
    "an id of a key is any text that no other key of the secret has",
  ],
  [
    "publish/relay/rotate-keys",
    '""',
    aText,
    "only the compiler demands it, or it is as little a secret as the empty text is",
  ],
  [
    "publish/relay/dispatch",
    "nowMs() < deadlineMs",
    "nowMs() <= deadlineMs",
    "a millisecond of a bound that is chosen freely",
  ],
  ["publish/send", "freed.length > 0", "true", "lines that are in order stay in it"],
  ["commit/statement", "sign === undefined", "false", "only the compiler demands it: a sign has its value"],
  ["commit/statement", "value === undefined", "false", "only the compiler demands it: a value has its sign"],
  ["publish/stranded-rows", "entry.PutRequest?.Item", "entry.PutRequest.Item", onlyForTheCompiler],
  ["publish/registration", "queue === undefined", "false", "without a queue nothing is accepted"],
  [
    "trust/key-ring",
    "keys === undefined",
    "false",
    "only the compiler demands it: keys that were never loaded are older than any that serve",
  ],
  [
    "trust/signature",
    "sqsMessage === undefined",
    "false",
    "only the compiler demands it: a message that came by no queue has no attribute either",
  ],
  [
    "limit/limit-item",
    'granted.startsWith("unset:")',
    'granted.endsWith("unset:")',
    "a process without LIMITS ends either way: its error names fewer of the missing variables",
  ],
  [
    "limit/rate",
    "waitMs > inFunctionMs + Math.max(0, -offsetMs)",
    "waitMs >= inFunctionMs + Math.max(0, -offsetMs)",
    "a millisecond of a bound that is chosen freely",
  ],
  [
    "limit/rate",
    "nowMs() + waitMs > deadlineMs - marginMs",
    "nowMs() + waitMs >= deadlineMs - marginMs",
    "a millisecond of a bound that is chosen freely",
  ],
  ["limit/token-line", "tokenUs <= nowUs", "true", "nobody asks before the token's moment"],
  [
    "limit/token-line",
    "firstAheadUs + position * intervalUs > limitUs",
    "firstAheadUs + position * intervalUs >= limitUs",
    "a microsecond of an hour that is chosen freely",
  ],
  ["limit/token-line", "nextUs.size >= knownMax", "false", onlyRemembered],
  ["limit/token-line", "nextUs.size >= knownMax", "nextUs.size > knownMax", onlyRemembered],
  ["limit/token-line", "nextUs.clear();", ";", onlyRemembered],
];
