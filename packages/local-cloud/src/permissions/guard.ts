// Checks each request: the access key in its signature names the function, and the request passes if the role of that function
// allows every access of it. Records which grants were used.
//
//   It does not check KMS, service control policies, permissions boundaries and resource policies.

import type { Emit } from "../model/events.ts";
import type { Deployment, LocalFunction, LocalRole } from "../model/model.ts";
import { accessKeyIdIn, accessKeyIdOf, serviceIn } from "./access-key.ts";
import { type Answer, answerOf, lineOf, messageOf, resourcePath, type Service } from "./denial.ts";
import { type Access, type Evaluate, evaluator, type Grant, grantsOf } from "./evaluate.ts";
import { wantedOfDynamodb } from "./requests/dynamodb.ts";
import { type SeenRequest, UnknownRequest, type Wanted } from "./requests/request.ts";
import { wantedOfS3 } from "./requests/s3.ts";
import { wantedOfSecretsManager } from "./requests/secrets-manager.ts";
import { wantedOfSns } from "./requests/sns.ts";
import { wantedOfSqs } from "./requests/sqs.ts";
import { wantedOfSsm } from "./requests/ssm.ts";

export interface Guard {
  /** The denial, or what to say when the engine answers that something is missing; undefined: let it through. */
  judge(service: Service, request: SeenRequest): Judgement | undefined;
  /** A request to a service that has no engine here: always a denial. */
  refuseOther(request: SeenRequest): Judgement;
  /** What no function has used yet, though its role allows it; one line each. */
  unused(): string[];
}

export type Judgement = { readonly deny: Answer } | { readonly denyIfMissing: () => Answer };

interface Caller {
  readonly fn: LocalFunction;
  readonly role: LocalRole;
  readonly evaluate: Evaluate;
}

type Surroundings = Pick<
  Deployment,
  "functions" | "roles" | "requiredPermissions" | "pathsByArn" | "secretArnsByName"
>;

export function startGuard(deployed: Surroundings, onEvent: Emit): Guard {
  const { pathsByArn, secretArnsByName } = deployed;
  const callers = callersOf(deployed);
  const used = new Set<string>();
  for (const required of deployed.requiredPermissions) {
    const role = "roleArn" in required && deployed.roles.find(({ arn }) => arn === required.roleArn);
    if (role) for (const access of required.accesses) note(role, evaluator(role.statements)(access));
  }

  function judge(service: Service, request: SeenRequest): Judgement | undefined {
    const accessKeyId = accessKeyIdIn(request);
    const caller = callers.get(accessKeyId);
    if (!caller)
      return { deny: answerOf(service, `no function of this app has the access key ${accessKeyId}`) };
    const wanted = understood(caller, service, request);
    if ("deny" in wanted) return wanted;
    for (const access of wanted.accesses) {
      const denial = denialOf(caller, service, access);
      if (denial) return { deny: denial() };
    }
    const { toKnowWhatIsMissing: further } = wanted;
    const denyIfMissing = further && denialOf(caller, service, further);
    return denyIfMissing && { denyIfMissing };
  }

  /** Nothing of the local cloud leaves the machine, and nothing that an app relies on is left out in silence. */
  function refuseOther(request: SeenRequest): Judgement {
    const path = callers.get(accessKeyIdIn(request))?.fn.path ?? "somebody";
    const service = serviceIn(request);
    const what = `${service} ${String(request.headers["x-amz-target"] ?? "").replace(/^.*\./, "")}`.trim();
    const message = `${what}: the local cloud has no ${service}, so it denies the request`;
    const line = `${path}: ${message}`;
    onEvent({ kind: "denial", path, action: `${service}:*`, resource: "unknown", line });
    return { deny: answerOf("ssm", message) };
  }

  function understood(
    caller: Caller,
    service: Service,
    request: SeenRequest,
  ): Wanted | { readonly deny: Answer } {
    try {
      return wantedOf(service, request);
    } catch (error) {
      if (!(error instanceof UnknownRequest)) throw error;
      const { path } = caller.fn;
      const line = `${path}: ${error.message}; they are in permissions/requests of the local cloud`;
      onEvent({ kind: "denial", path, action: "unknown", resource: "unknown", line });
      return { deny: answerOf(service, error.message) };
    }
  }

  function wantedOf(service: Service, request: SeenRequest): Wanted {
    switch (service) {
      case "dynamodb":
        return wantedOfDynamodb(request);
      case "sqs":
        return wantedOfSqs(request);
      case "s3":
        return wantedOfS3(request);
      case "secretsManager":
        return wantedOfSecretsManager(request, secretArnsByName);
      case "sns":
        return wantedOfSns(request);
      case "ssm":
        return wantedOfSsm(request);
    }
  }

  /** What to answer, and to tell, if it comes to it; undefined when it is allowed. */
  function denialOf(caller: Caller, service: Service, access: Access): (() => Answer) | undefined {
    const { fn, role, evaluate } = caller;
    const decision = evaluate(access);
    note(role, decision);
    if (decision.allowed) return undefined;
    return function deny() {
      const denial = { fn, role, access, ...(decision.deniedBy && { deniedBy: decision.deniedBy }) };
      onEvent({
        kind: "denial",
        path: fn.path,
        action: access.action,
        resource: resourcePath(access.resource, pathsByArn),
        line: lineOf(denial, pathsByArn),
      });
      return answerOf(service, messageOf(denial));
    };
  }

  function note(role: LocalRole, decision: ReturnType<Evaluate>): void {
    if (decision.allowed) for (const grant of decision.by) used.add(keyOf(role, grant));
  }

  return {
    judge,
    refuseOther,
    unused: () =>
      deployed.roles.flatMap((role) =>
        grantsOf(role.statements)
          .filter((grant) => !used.has(keyOf(role, grant)))
          .map(({ action, resource }) => `${role.path}: ${action} on ${resourcePath(resource, pathsByArn)}`),
      ),
  };
}

function callersOf({ functions, roles }: Surroundings): Map<string, Caller> {
  const byArn = new Map(roles.map((role) => [role.arn, { role, evaluate: evaluator(role.statements) }]));
  return new Map(
    functions.flatMap((fn) => {
      const held = byArn.get(fn.roleArn);
      return held ? [[accessKeyIdOf(fn.functionName), { fn, ...held }]] : [];
    }),
  );
}

function keyOf({ arn }: LocalRole, { action, resource }: Grant): string {
  return `${arn} ${action} ${resource}`;
}
