// All templates of a synthesis as one: every resource with its values resolved across the stacks. Rules read this,
// so it does not matter to them whether a resource was written as L1, L2 or in a template that was included.
import { readFileSync } from "node:fs";
import { CfnResource, type IPolicyValidationContext, Stack } from "aws-cdk-lib";
import type { IConstruct } from "constructs";
import { asResourceToken, resolveValue, resourceToken, type ValueScope } from "./template-values.ts";

export interface Resource {
  readonly type: string;
  readonly logicalId: string;
  /** Construct path, for people and for acknowledgements. */
  readonly path: string;
  readonly templatePath: string;
  /** What becomes of it when the stack, or the next version of it, has it no more. */
  readonly deletionPolicy: string | undefined;
  readonly updateReplacePolicy: string | undefined;
  /** True when the deployment decides whether it is there. */
  readonly isConditional: boolean;
  /** Without intrinsic functions, as far as the templates say what they are. */
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Resources?: Readonly<
    Record<
      string,
      {
        Type: string;
        Properties?: Readonly<Record<string, unknown>>;
        DeletionPolicy?: string;
        UpdateReplacePolicy?: string;
        Condition?: string;
      }
    >
  >;
  readonly Outputs?: Readonly<Record<string, { Value: unknown; Export?: { Name: unknown } }>>;
  readonly Parameters?: Readonly<Record<string, { Default?: unknown }>>;
}

interface StackTemplate {
  readonly stack: string;
  readonly stackName: string;
  readonly templatePath: string;
  readonly template: Template;
}

export class Templates {
  readonly resources: readonly Resource[];
  /** Whether this is production: then data outlive their stacks, and alarms notify a topic or an address. */
  readonly keepsData: boolean;
  readonly #byToken: ReadonlyMap<string, Resource>;
  readonly #byQueueName: ReadonlyMap<unknown, Resource>;
  readonly #referredTo = new Map<string, Resource | undefined>();
  readonly #derived = new Map<(templates: Templates) => unknown, unknown>();

  constructor({ stackTemplates, appConstruct }: IPolicyValidationContext) {
    const constructs = constructsOf(appConstruct);
    const stacks = stackTemplates.map(
      ({ stackConstructPath, templatePath }): StackTemplate => ({
        stack: stackConstructPath,
        stackName: constructs.stackNames.get(stackConstructPath) ?? stackConstructPath,
        templatePath,
        template: JSON.parse(readFileSync(templatePath, "utf8")),
      }),
    );
    const byToken = new Map<string, Resource>();
    for (const stack of stacks) {
      const scope = scopeOf(stack, stacks);
      for (const [logicalId, given] of Object.entries(stack.template.Resources ?? {})) {
        const { Type, Properties = {}, DeletionPolicy, UpdateReplacePolicy, Condition } = given;
        const token = resourceToken(stack.stack, logicalId);
        byToken.set(token, {
          type: Type,
          logicalId,
          path: constructs.paths.get(token) ?? `${stack.stack}/${logicalId}`,
          templatePath: stack.templatePath,
          deletionPolicy: DeletionPolicy,
          updateReplacePolicy: UpdateReplacePolicy,
          isConditional: Condition !== undefined,
          properties: resolveValue(Properties, scope) as Record<string, unknown>,
        });
      }
    }
    this.#byToken = byToken;
    this.resources = [...byToken.values()];
    this.keepsData =
      appConstruct.node.tryGetContext("stage") === "prod" ||
      this.ofType("AWS::Lambda::Function").some(({ properties }) => countsForProd(properties));
    const named = this.ofType("AWS::SQS::Queue").filter(
      ({ properties }) => properties.QueueName !== undefined,
    );
    this.#byQueueName = new Map(named.map((queue) => [queue.properties.QueueName, queue]));
  }

  ofType(...types: readonly string[]): Resource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }

  /** The resource of this app that a value refers to: by Ref, by attribute, or a queue by an ARN with its name. */
  referredTo(value: unknown): Resource | undefined {
    if (typeof value !== "string") return undefined;
    if (!this.#referredTo.has(value)) this.#referredTo.set(value, this.#find(value));
    return this.#referredTo.get(value);
  }

  /** What `derive` makes of these templates, made once: many rules ask for the same, some for every pair of resources. */
  derived<Value>(derive: (templates: Templates) => Value): Value {
    if (!this.#derived.has(derive)) this.#derived.set(derive, derive(this));
    return this.#derived.get(derive) as Value;
  }

  /** A value as a person reads it: with the construct path where it refers to a resource. */
  say(value: unknown): string {
    if (value === undefined) return "absent";
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.replaceAll(/‹[^›]+›/g, (token) => this.referredTo(token)?.path ?? token);
  }

  #find(text: string): Resource | undefined {
    const token = asResourceToken(text);
    if (token !== undefined) return this.#byToken.get(resourceToken(token.stack, token.logicalId));
    const [, name] = /^arn:[^:]*:sqs:[^:]*:[^:]*:(.+)$/.exec(text) ?? [];
    return name === undefined ? undefined : this.#byQueueName.get(name);
  }
}

/** Functions count in a namespace of their stage, whatever the app was told. */
function countsForProd({ Environment }: Readonly<Record<string, unknown>>): boolean {
  const { Variables = {} } = (Environment ?? {}) as { Variables?: Readonly<Record<string, unknown>> };
  return String(Variables.POWERTOOLS_METRICS_NAMESPACE).endsWith("/prod");
}

function scopeOf(
  { stack, stackName, template }: StackTemplate,
  stacks: readonly StackTemplate[],
): ValueScope {
  return {
    stack,
    hasResource: (logicalId) => Object.hasOwn(template.Resources ?? {}, logicalId),
    parameter: (name) => {
      if (name === "AWS::StackName") return stackName;
      return name.startsWith("AWS::") ? `{${name.slice(5)}}` : template.Parameters?.[name]?.Default;
    },
    exported: (exportName) => {
      for (const other of stacks) {
        for (const { Value, Export } of Object.values(other.template.Outputs ?? {})) {
          const scope = scopeOf(other, stacks);
          if (Export !== undefined && resolveValue(Export.Name, scope) === exportName)
            return resolveValue(Value, scope);
        }
      }
      return undefined;
    },
    output: (name, key) => {
      const other = stacks.find((candidate) => candidate.stackName === name);
      const output = other?.template.Outputs?.[key];
      return other && output && resolveValue(output.Value, scopeOf(other, stacks));
    },
  };
}

function constructsOf(app: IConstruct) {
  const paths = new Map<string, string>();
  const stackNames = new Map<string, string>();
  for (const construct of app.node.findAll()) {
    if (Stack.isStack(construct)) stackNames.set(construct.node.path, construct.stackName);
    if (!CfnResource.isCfnResource(construct)) continue;
    const logicalId = String(construct.stack.resolve(construct.logicalId));
    paths.set(
      resourceToken(construct.stack.node.path, logicalId),
      construct.node.path.replace(/\/Resource$/, ""),
    );
  }
  return { paths, stackNames };
}
