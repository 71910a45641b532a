// The registry of a stage: one parameter for each contract, with all that the relay must know of it. The stack of the consumer's
// function writes the parameter, so a consumer comes and goes with its own stack, and no other stack imports from it.
//
//   G2. A name exists once in an account and region: CloudFormation refuses a second stack that creates its parameter.
//   G7. Write access below this path decides which services the relay signs for. Only stacks write there; no role of a
//   function may, and only the relay's role may read.

import type { Contract } from "@essentially-once/messaging/contract";
import { openedName, registrationForm } from "@essentially-once/messaging/internal/publish/registration";
import type { MessageType } from "@essentially-once/messaging/message-type";
import { Lazy, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import type { Construct } from "constructs";
import type { Sizes } from "../config/config.ts";
import type { NodeFunction } from "./node-function.ts";
import type { ServiceTable } from "./service-table.ts";

export interface ContractRegistrationOptions {
  readonly contract: Contract;
  /** Where it expects what it accepts; absent for one that the relay sends nothing. */
  readonly queue?: IQueue | undefined;
  /** The service's table, when items of it carry messages. */
  readonly inlineTable?: ServiceTable | undefined;
  /** Types whose other side is not in this app. */
  readonly elsewhere: readonly MessageType[];
  /** Of its handler. */
  readonly limits?: readonly string[] | undefined;
  readonly sizes: Pick<Sizes, "rolePath">;
}

export class ContractRegistration extends StringParameter {
  constructor(scope: Construct, id: string, options: ContractRegistrationOptions) {
    const { contract, queue, inlineTable, elsewhere, limits = [], sizes } = options;
    const { name, accepts, publishes, schedules = [] } = contract;
    const stack = Stack.of(scope);
    super(scope, id, {
      parameterName: `${pathOfRegistry(sizes)}/${name}`,
      description: `Types that ${name} accepts and publishes, for the relay`,
      stringValue: Lazy.string({ produce: () => stack.toJsonString(entry()) }),
    });
    function entry() {
      return {
        form: registrationForm,
        stack: stack.stackName,
        accepts: queue === undefined ? [] : accepts.map(({ types }) => types),
        ...(queue && { queue: queue.queueUrl }),
        publishes: publishes.map(({ type }) => type),
        ...(inlineTable && { table: inlineTable.tableName }),
        ...(limits.length > 0 && { limits }), // the console shows these two, and needs no rights to the functions for it
        ...(schedules.length > 0 && { schedules: true }),
        ...elsewhereOf(contract, elsewhere), // what is said after the consumer was added, too
      };
    }
  }
}

/** Says that the registry is complete: nothing is sent before. */
export function openRegistry(scope: Construct, sizes: Pick<Sizes, "rolePath">): void {
  new StringParameter(scope, "Opened", {
    parameterName: `${pathOfRegistry(sizes)}/${openedName}`,
    description: "The relay is deployed: the entries beside this one are complete",
    stringValue: "opened",
  });
}

/** Tells the function where the registry is, and lets it read all of it. */
export function useRegistry(user: NodeFunction, sizes: Pick<Sizes, "rolePath">): void {
  const path = pathOfRegistry(sizes);
  user.addEnvironment("REGISTRY_PATH", path);
  user.addToRolePolicy(
    new PolicyStatement({
      actions: ["ssm:GetParametersByPath"], // of the path, as it is asked for: all that is below comes with it
      resources: [Stack.of(user).formatArn({ service: "ssm", resource: `parameter${path}` })],
    }),
  );
}

export function pathOfRegistry({ rolePath }: Pick<Sizes, "rolePath">): string {
  return `${rolePath}contracts`;
}

function elsewhereOf({ accepts, publishes }: Contract, elsewhere: readonly MessageType[]) {
  const own = [...accepts, ...publishes].filter(({ type }) => elsewhere.some((each) => each.type === type));
  return own.length > 0 ? { elsewhere: own.map(({ type }) => type) } : {};
}
