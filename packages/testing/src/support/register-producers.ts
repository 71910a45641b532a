// The relay of a test knows the test's own functions, beside those of the kit's app: they are put into the registry.

import type { Registration } from "@essentially-once/messaging/internal/publish/registration";
import type { Producer } from "@essentially-once/messaging/internal/trust/producers";

export const kitTypes = ["kit.asked.v1", "kit.taken.v1", "kit.approved.v1"];

/** After `world.enter("Relay/")`, before the relay is loaded. */
export async function registerProducers(
  names: readonly string[],
  producer: Partial<Producer> = {},
): Promise<void> {
  for (const name of names) await register(name, { publishes: kitTypes, ...producer });
}

/** As the stack of a function does it. */
export async function register(name: string, entry: Partial<Registration>): Promise<void> {
  const Value = JSON.stringify({ accepts: [], publishes: [], ...entry });
  await parameterStore("PutParameter", {
    Name: `${process.env.REGISTRY_PATH}/${name}`,
    Type: "String",
    Value,
    Overwrite: true,
  });
}

/** As the deployment does it that has the function no more. */
export async function unregister(name: string): Promise<void> {
  await parameterStore("DeleteParameter", { Name: `${process.env.REGISTRY_PATH}/${name}` });
}

export async function parameterStore(operation: string, input: object): Promise<unknown> {
  const response = await fetch(process.env.AWS_ENDPOINT_URL_SSM ?? "", {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `AmazonSSM.${operation}` },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${operation}: ${await response.text()}`);
  return response.json();
}
