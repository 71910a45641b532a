// The roles of all stacks and the statements of their policies, once all resources that these refer to exist.
//
//   A policy may refer to a resource that exists only in AWS (a topic, a key). Such a resource is left out of its statement.

import type { Assembly, AssemblyStack } from "../model/assembly.ts";
import { resolve } from "../model/intrinsics.ts";
import type { LocalRole } from "../model/model.ts";
import { inOurRegion } from "../model/names.ts";
import { NotUnderstood } from "../model/not-understood.ts";
import { MANAGED_POLICIES } from "../permissions/managed-policies.ts";
import { type Statement, statementsIn } from "../permissions/statement.ts";
import { NotProvided, type ResourceGraph } from "./resource-graph.ts";

const ATTACHED = ["AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy"];

interface Held {
  readonly stack: AssemblyStack;
  readonly logicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Throws `NotUnderstood` for a policy that would not be evaluated as AWS does, with the path of its construct. */
export async function readRoles({ stacks }: Assembly, graph: ResourceGraph): Promise<LocalRole[]> {
  const policies = await Promise.all((await held(...ATTACHED)).map(readPolicy));
  return Promise.all((await held("AWS::IAM::Role")).map(readRole));

  async function held(...types: readonly string[]): Promise<Held[]> {
    const found: Held[] = [];
    for (const stack of stacks) {
      for (const [logicalId, { Type, Properties = {} }] of Object.entries(stack.template.Resources ?? {})) {
        if (types.includes(Type) && (await graph.exists(stack, logicalId)))
          found.push({ stack, logicalId, properties: Properties });
      }
    }
    return found;
  }

  async function readPolicy({ stack, logicalId, properties }: Held) {
    const scope = graph.scope(stack);
    const attachedTo = await resolve([properties.Roles ?? [], properties.RoleName ?? []].flat(), scope);
    const { ref } = await graph.resource(stack, logicalId);
    return {
      arn: ref,
      roleNames: attachedTo as readonly string[],
      statements: await statements(stack, logicalId, properties.PolicyDocument),
    };
  }

  async function readRole({ stack, logicalId, properties }: Held): Promise<LocalRole> {
    const path = stack.constructPath(logicalId);
    const { ref: name, attributes } = await graph.resource(stack, logicalId);
    const inline = (properties.Policies ?? []) as readonly { readonly PolicyDocument: unknown }[];
    const own = await Promise.all(
      inline.map(({ PolicyDocument }) => statements(stack, logicalId, PolicyDocument)),
    );
    const managed = (await resolve(properties.ManagedPolicyArns ?? [], graph.scope(stack))) as string[];
    return {
      path,
      name,
      arn: attributes.Arn ?? "",
      assumedBy: await trusted(stack, properties.AssumeRolePolicyDocument),
      statements: [
        ...own.flat(),
        ...policies
          .filter(({ roleNames }) => roleNames.includes(name))
          .flatMap((policy) => policy.statements),
        ...managed.flatMap((arn) => managedStatements(path, arn)),
      ],
    };
  }

  function managedStatements(path: string, arn: string): readonly Statement[] {
    const known = policies.find((policy) => policy.arn === arn)?.statements ?? MANAGED_POLICIES.get(arn);
    if (known) return known;
    throw new NotUnderstood(
      `${path}: managed policy ${arn} not supported (supported: those of this app, ${[...MANAGED_POLICIES.keys()].join(", ")})`,
    );
  }

  async function statements(
    stack: AssemblyStack,
    logicalId: string,
    document: unknown,
  ): Promise<Statement[]> {
    try {
      return statementsIn(await resolved(document, stack)).filter(({ resources }) => resources.length > 0);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      throw new NotUnderstood(`${stack.constructPath(logicalId)}: ${error.message}`, { cause: error });
    }
  }

  async function resolved(document: unknown, stack: AssemblyStack): Promise<unknown> {
    const { Statement: given, ...rest } = document as { readonly Statement: unknown };
    const all = [given].flat() as readonly Record<string, unknown>[];
    const Statements = await Promise.all(
      all.map(async ({ Resource, ...statement }) => ({
        ...((await resolve(statement, graph.scope(stack))) as object),
        ...(Resource !== undefined && { Resource: await existing([Resource].flat(), stack) }),
      })),
    );
    return { ...rest, Statement: Statements };
  }

  async function existing(resources: readonly unknown[], stack: AssemblyStack): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const resource of resources) {
      try {
        const arn = await resolve(resource, graph.scope(stack));
        found.push(typeof arn === "string" ? inOurRegion(arn) : arn);
      } catch (error) {
        if (!(error instanceof NotProvided)) throw error;
      }
    }
    return found;
  }

  async function trusted(stack: AssemblyStack, document: unknown): Promise<string[]> {
    const { Statement: all = [] } = (await resolve(document ?? {}, graph.scope(stack))) as {
      readonly Statement?: readonly {
        readonly Effect?: string;
        readonly Principal?: { readonly Service?: string | string[] };
      }[];
    };
    return all.flatMap(({ Effect, Principal }) =>
      Effect === "Allow" ? [Principal?.Service ?? []].flat() : [],
    );
  }
}
