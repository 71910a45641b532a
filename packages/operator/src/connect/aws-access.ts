// Checks that the AWS SDK finds a region and credentials. The SDK's own error names neither the flag that needs AWS nor a
// remedy.
import { UsageError } from "../terminal/usage-error.ts";

/** A client's settings, as the SDK resolves them. */
export interface AccessConfig {
  readonly region: () => Promise<unknown>;
  readonly credentials: () => Promise<unknown>;
}

/**
 * @param asker what needs it, as `--stage`
 * @throws UsageError when a part is not found
 */
export async function requireAccess(
  asker: string,
  config: AccessConfig,
  parts: readonly (keyof AccessConfig)[] = ["region", "credentials"],
): Promise<void> {
  for (const part of parts) {
    try {
      await config[part]();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`${asker} needs AWS: ${reason}. ${remedies[part]}.`, { cause });
    }
  }
}

const remedies = {
  region: "Set AWS_REGION, or run `aws configure`",
  credentials: "Sign in (`aws configure`, `aws sso login`) or assume a role: see docs/deploying.md",
} as const;
