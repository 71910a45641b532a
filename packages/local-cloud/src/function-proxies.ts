// The way of functions to the engines: a proxy for each service, where each request is judged.
//
//   Functions alone go over the proxies; the event sources reach the engines directly.

import { type EngineProxyOptions, startEngineProxy } from "./engines/engine-proxy.ts";
import type { Endpoints, FunctionEndpoints, LocalFunction } from "./model/model.ts";
import type { Service } from "./permissions/denial.ts";
import type { Guard, Judgement } from "./permissions/guard.ts";
import type { SeenRequest } from "./permissions/requests/request.ts";

export interface Judge extends Pick<Guard, "refuseOther"> {
  judge(service: Service, request: SeenRequest): Judgement | undefined | Promise<Judgement | undefined>;
}

export async function overProxies(options: {
  readonly endpoints: Endpoints;
  readonly guard: Judge;
  readonly loses?: NonNullable<EngineProxyOptions["loses"]>;
  readonly stops: (() => unknown)[];
}): Promise<FunctionEndpoints> {
  const { endpoints, guard, loses = () => false, stops } = options;
  const over = async (service: Service) => {
    const proxy = await startEngineProxy({
      target: endpoints[service],
      judgesBodies: service !== "s3",
      judge: (request) => guard.judge(service, request),
      loses,
    });
    stops.push(proxy.stop);
    return proxy.endpoint;
  };
  const nowhere = await startEngineProxy({ target: endpoints.ssm, judge: guard.refuseOther });
  stops.push(nowhere.stop);
  return {
    sqs: await over("sqs"),
    s3: await over("s3"),
    secretsManager: await over("secretsManager"),
    dynamodb: await over("dynamodb"),
    sns: await over("sns"),
    ssm: await over("ssm"),
    others: nowhere.endpoint,
  };
}

/** A client may send to the host of a queue's URL, whatever the endpoint variable says. */
export function withQueuesAt(proxy: string, engine: string, fn: LocalFunction): LocalFunction {
  const origin = new URL(engine).origin;
  const environment = Object.entries(fn.environment).map(([name, value]) => [
    name,
    value.replaceAll(`${origin}/`, `${proxy}/`),
  ]);
  return { ...fn, environment: Object.fromEntries(environment) };
}
