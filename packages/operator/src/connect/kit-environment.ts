// Sets the environment that the kit's own clients read to the target of this connection, for commands that send with the
// code of the functions.

import type { Connection } from "./connection.ts";

/** Called once, before the kit makes its first client. A deployment needs nothing: the SDK finds it. */
export function enterKitEnvironment({ local }: Pick<Connection, "local">): void {
  const { region, credentials, endpoints } = local;
  const variables = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials?.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_S3: endpoints.s3,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
  };
  for (const [name, value] of Object.entries(variables)) if (value !== undefined) process.env[name] = value;
}

/** The kit logs to standard output, where a command says what it did: meanwhile it logs to standard error. */
export async function withLogsAside<Result>(work: () => Promise<Result>): Promise<Result> {
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof write;
  try {
    return await work();
  } finally {
    process.stdout.write = write;
  }
}
