// Messages that other programs send, and what becomes of each: `done` where it is a CloudEvent that a consumer of
// `com.example.order.placed` may read, else the code that it is parked with on its first receive. A file is a body as it
// stands, and its name says what it is; what is large is made, in made.ts.
import { readdirSync, readFileSync } from "node:fs";
import type { SQSRecord } from "aws-lambda";
import { made } from "./made.ts";

/** Of what the messages say; no line and no reason may hold it. */
export const content = "foreign-content-7Q3z";
export const orderPlaced = "com.example.order.placed";

export interface Foreign {
  readonly name: string;
  readonly body: string;
  readonly verdict: string;
  readonly attributes?: SQSRecord["messageAttributes"];
}

const verdicts: Readonly<Record<string, readonly string[]>> = {
  done: [
    ...["java", "go", "python", "dotnet", "rust-nulls", "pretty-crlf"].map((sdk) => `cloudevents-${sdk}`),
    ...["json-suffix", "without-data", "data-null", "data-text", "data-list"].map(
      (as) => `cloudevents-${as}`,
    ),
    ...["extension-object", "sequence", "traceparent-text"].map((as) => `cloudevents-${as}`),
    ...["slashes", "spaces", "emoji", "nfc", "nfd", "control-characters"].map((id) => `id-${id}`),
    ...["lower-case", "leap-second", "offset", "ten-digits", "year-0000", "year-9999"].map(
      (of) => `time-${of}`,
    ),
    ...["half-a-character", "nul", "line-separators", "empty-key"].map((of) => `data-${of}`),
    ...["minus-zero", "trailing-zeros"].map((of) => `number-${of}`),
    ...["source-urn", "partitionkey-like-a-hold", "duplicate-keys"],
  ],
  ENVELOPE_INVALID: [
    ...["batch", "binary-mode", "0.3", "id-null", "id-number", "id-empty"].map((as) => `cloudevents-${as}`),
    ...["sequence-text", "partitionkey-empty", "hops-text"].map((as) => `cloudevents-${as}`),
    ...["cloudevents-correlationid-number", "source-space", "source-not-ascii", "time-number"],
    ...["id-half-a-character", "partitionkey-half-a-character"],
    ...["sns-notification", "eventbridge", "s3-event", "s3-test-event", "lambda-destination"],
    ...["s3-event-encoded-key", "s3-event-several-records", "sns-s3-event", "sns-s3-test-event"],
    ...["sns-subscription-confirmation", "eventbridge-replayed", "json-order"],
    ...["step-functions-callback", "extended-client-java", "extended-client-python"],
    ...["pipes-dynamodb-stream", "cloudwatch-alarm"],
    ...["celery", "laravel-job", "active-job", "nservicebus", "masstransit", "spring-message"],
    ...["null", "zero", "true", "empty-list", "empty-text", "empty-object", "minus"].map(
      (as) => `json-${as}`,
    ),
  ],
  NOT_JSON: [
    ...["celery-base64", "plain-text", "space", "newlines", "xml", "html", "form", "yaml", "json-lines"],
    ...["json5", "nan", "cut-off", "gzip-base64", "protobuf-like", "replaced-characters"],
    ...["byte-order-mark", "utf-16-as-utf-8"],
  ],
  DATA_NOT_JSON: ["cloudevents-base64", "cloudevents-text", "cloudevents-xml"],
  DATAREF_UNREAD: ["cloudevents-dataref"],
  KEY_FORBIDDEN: ["key-proto", "key-proto-escaped", "key-constructor"],
  NUMBER_INEXACT: ["huge-exponent", "tiny-exponent", "beyond-2-53", "long-fraction"].map(
    (of) => `number-${of}`,
  ),
  TIME_INVALID: ["without-offset", "february-30", "space", "text"].map((of) => `time-${of}`),
  TYPE_UNKNOWN: ["cloudevents-other-type"],
};

const bodies = new URL("bodies/", import.meta.url);
const ending = ".body";

/** @throws Error when a file has no verdict, or a verdict no file */
export function foreignMessages(): Foreign[] {
  const files = readdirSync(bodies).map((file) => file.slice(0, -ending.length));
  const stored = Object.entries(verdicts).flatMap(([verdict, names]) =>
    names.map((name) => ({ name, verdict })),
  );
  const names = new Set(stored.map(({ name }) => name));
  const strays = files.filter((name) => !names.has(name));
  if (strays.length > 0) throw new Error(`say in foreign-messages.ts what becomes of ${strays.join(", ")}`);
  const read = stored.map(({ name, verdict }) => ({
    name,
    verdict,
    body: readFileSync(new URL(`${name}${ending}`, bodies), "utf8"),
  }));
  return [...read, ...made()];
}
