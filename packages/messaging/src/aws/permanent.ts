// The one place that decides whether an error is permanent, for every error of the AWS SDK and of the services that
// the kit calls. A message with a permanent error is parked at once, with a code that says what to change; every other
// error is retried inside bounds.
//
//   docs/adr/0022-permanent-errors.md: the list is closed. A fault of the deployment and not of the message
//   (permissions, credentials, keys, clocks) is retried.
import { calledBy } from "../core/called.ts";
import { errorCodeOf, placeOf } from "../core/error-code.ts";
import { Park } from "../core/outcome.ts";
import { isRefused } from "./cancellation.ts";
import { hintIn } from "./hints.ts";

/** The reason to park for, or undefined when the error is transient. A Park is its own reason; a RetryLater asks for a retry. */
export function permanentReason(error: unknown): Park | undefined {
  if (error instanceof Park) return error;
  if (!(error instanceof Error)) return undefined;
  if (unstorable.test(error.message))
    return park("VALUE_UNSTORABLE", error, "a value that DynamoDB cannot hold");
  if (!("$metadata" in error)) return undefined; // others have errors of these names, too
  const name = `${error.name}`.replace(/AWS\.SimpleQueueService\./, "").replace(/Exception$/, "");
  if (unknownResource.has(name)) return park("RESOURCE_UNKNOWN", error, "does not exist");
  if (refused.has(name) || reasonsOf(error).some(({ Code }) => isRefused(Code)))
    return park(
      "REQUEST_REFUSED",
      error,
      hintIn(error.message, ...reasonsOf(error).map(({ Message }) => Message)),
    );
  return undefined;
}

/** Names without `Exception`. A queue or a table is made before its functions, and gone after them. */
const unknownResource: ReadonlySet<string> = new Set([
  "ResourceNotFound",
  "QueueDoesNotExist",
  "NonExistentQueue",
  "NoSuchBucket",
]);

/** Names without `Exception`. Refused for what the request says: it says the same next time. */
const refused: ReadonlySet<string> = new Set([
  // DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
  "Validation",
  "ValidationError",
  "Serialization",
  "ItemCollectionSizeLimitExceeded",
  // SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
  "InvalidParameterValue",
  "MissingParameter",
  "MissingRequiredParameter",
  "InvalidMessageContents",
  "InvalidAttributeName",
  "InvalidAttributeValue",
  "InvalidBatchEntryId",
  "BatchEntryIdsNotDistinct",
  "BatchRequestTooLong",
  "EmptyBatchRequest",
  "TooManyEntriesInBatchRequest",
  "UnsupportedOperation",
  // S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  "EntityTooLarge",
  "KeyTooLongError",
  "InvalidBucketName",
  "InvalidArgument",
  "MetadataTooLarge",
  // Any: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html
  "InvalidParameter",
  "InvalidParameterCombination",
  "RequestEntityTooLarge",
]);

/** What `marshall` of @aws-sdk/util-dynamodb says; its errors have no name of their own, and their texts quote the value. */
const unstorable =
  /^(Unsupported type passed: |Special numeric value |Number \S+ is (greater|lesser) than Number\.|Pass options\.removeUndefinedValues=true|Pass a non-empty set|Only Number Set )/;

function park(code: string, error: Error, what: string): Park {
  const call = calledBy(error);
  const said = [call && `${call.command} ${call.resource ?? ""}`.trim(), what].filter(Boolean).join(": ");
  const at = placeOf(error);
  const name = code === "REQUEST_REFUSED" ? ` (${errorCodeOf(error)})` : "";
  return new Park(code, `${said}${name}${at ? ` at ${at}` : ""}`, { cause: error });
}

function reasonsOf(error: Error): readonly { readonly Code?: string; readonly Message?: string }[] {
  const { CancellationReasons: reasons } = error as { CancellationReasons?: unknown };
  return Array.isArray(reasons) ? reasons : [];
}
