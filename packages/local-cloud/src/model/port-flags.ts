// The flags of a port on 127.0.0.1, of whatever command starts a local cloud.
import { UsageError } from "@essentially-once/operator/usage-error";

export interface Ports {
  readonly functionUrls?: number;
  readonly sqs?: number;
  readonly dynamodb?: number;
  readonly console?: number;
}

export const PORT_FLAGS = {
  port: { type: "string" },
  "sqs-port": { type: "string" },
  "dynamodb-port": { type: "string" },
  "console-port": { type: "string" },
} as const;

export const PORT_HELP = `  --port N            port for the function URLs (default: a free one)
  --sqs-port N        port for the SQS engine (default: a free one)
  --dynamodb-port N   port for the DynamoDB engine (default: a free one)
  --console-port N    port for the console (default: a free one)`;

/** Absent: a free one. @throws UsageError that names the flag, the value and the values allowed */
export function portsOf(values: { readonly [Flag in keyof typeof PORT_FLAGS]?: string }): Ports {
  const functionUrls = port("port", values.port);
  const sqs = port("sqs-port", values["sqs-port"]);
  const dynamodb = port("dynamodb-port", values["dynamodb-port"]);
  const console = port("console-port", values["console-port"]);
  return {
    ...(functionUrls && { functionUrls }),
    ...(sqs && { sqs }),
    ...(dynamodb && { dynamodb }),
    ...(console && { console }),
  };
}

function port(flag: string, given: string | undefined): number | undefined {
  return wholeNumber(flag, given, { from: 1, to: 65_535 });
}

export function wholeNumber(
  flag: string,
  given: string | undefined,
  { from, to }: { from: number; to: number },
): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new UsageError(
    `--${flag} must be a whole number from ${from} to ${to}, got ${JSON.stringify(given)}.`,
  );
}
