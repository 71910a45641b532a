// For endpoints of your own: what `exploreCrashes` does for the handler of a queue.
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { derivedId } from "@essentially-once/messaging/ids";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { aPost } from "../support/lambda.ts";
import type { Figures } from "./explore.ts";
import { type CrashScenario, exploreUser } from "./explore-crashes.ts";
import type { Published } from "./published.ts";
import type { Sandbox } from "./sandbox.ts";

export type EndpointScenario = Pick<
  CrashScenario,
  "given" | "guarded" | "tables" | "environment" | "open" | "depth" | "harmless" | "without"
> & {
  /** The body of the request: it is sent with one Idempotency-Key until it is answered with 201, and once more. */
  readonly request: (unique: string) => unknown;
  /** Throws when something is not as it must be, once all is quiet: `expect` of vitest does. */
  readonly invariant: (sandbox: Sandbox, unique: string, made: Made) => Promise<void>;
};

/** What the requests came to. */
export interface Made {
  readonly answer: Readonly<Record<string, unknown>>;
  readonly published: readonly Published[];
}

/**
 * Runs an endpoint under every crash, for a caller that repeats its request until it is answered; all its answers must be the same.
 * ```ts
 * await exploreEndpoint("functions/orders/place-order.ts", {
 *   tables: { ORDERS_TABLE: {} },
 *   request: (unique) => ({ customerId: unique, lines: [{ sku: "tea", quantity: 1, unitPrice: 100 }] }),
 *   invariant: async (sandbox, _unique, { answer, published }) => {
 *     expect(await sandbox.get("ORDERS_TABLE", String(answer.orderId))).toMatchObject({ total: 100 });
 *     expect(published).toHaveLength(1);
 *   },
 * });
 * ```
 * @throws Error with the shortest counterexample: which fault at which call, what then did not hold, and all calls
 */
export async function exploreEndpoint(
  handler: string,
  { request, invariant, given, depth = 1, harmless = {}, without, ...plan }: EndpointScenario,
): Promise<Figures> {
  const name = basename(handler, ".ts");
  return exploreUser(
    {
      name: handler,
      sandbox: plan,
      ...(without && { without }),
      functions: [{ handler, by: { kind: "request" } }],
      async begin(sandbox, unique) {
        await given?.(sandbox, unique);
        const event = aPost(request(unique), { "idempotency-key": unique });
        const answers: Record<string, unknown>[] = [];
        return {
          requests: {
            events: () => [event, { ...event }],
            onAnswer(_event, response) {
              const { statusCode, body = "" } = response as APIGatewayProxyStructuredResultV2;
              if (statusCode === 201) answers.push(JSON.parse(body));
              return statusCode === 201;
            },
          },
          async violations() {
            const [answer = {}, ...others] = answers;
            if (!others.every((other) => isDeepStrictEqual(other, answer)))
              return [`G2: one key has the answers ${JSON.stringify(answers)}`];
            const published = await sandbox.published(derivedId(`/${name}/anonymous`, unique));
            try {
              await invariant(sandbox, unique, { answer, published });
              return [];
            } catch (error) {
              return [error instanceof Error ? error.message : String(error)];
            }
          },
        };
      },
    },
    { depth, harmless },
  );
}
