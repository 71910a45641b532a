// The Parameter Store engine (SSM): parameters of the app, in memory, as functions read them.
//
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html

import { z } from "zod";
import { type JsonService, ServiceError, startJsonService } from "../json-service.ts";
import { parameterArn } from "../names.ts";

const Put = z.looseObject({ Name: z.string(), Value: z.string(), Type: z.string().default("String") });
const Get = z.looseObject({ Name: z.string() });
const GetAll = z.looseObject({ Names: z.array(z.string()) });
const GetByPath = z.looseObject({ Path: z.string(), Recursive: z.boolean().default(false) });

interface Parameter {
  readonly Name: string;
  readonly Type: string;
  readonly Value: string;
  readonly Version: number;
  readonly ARN: string;
}

export function startParametersEngine(): Promise<JsonService> {
  const parameters = new Map<string, Parameter>();

  return startJsonService(
    new Map<string, (input: unknown) => object>(
      Object.entries({
        PutParameter(input: unknown) {
          const { Name, Value, Type } = Put.parse(input);
          const Version = (parameters.get(Name)?.Version ?? 0) + 1;
          parameters.set(Name, { Name, Value, Type, Version, ARN: parameterArn(Name) });
          return { Version };
        },
        GetParameter(input: unknown) {
          const { Name } = Get.parse(input);
          const Parameter = find(Name);
          if (!Parameter) throw new ServiceError("ParameterNotFound", `Parameter ${Name} not found.`);
          return { Parameter };
        },
        GetParameters(input: unknown) {
          const { Names } = GetAll.parse(input);
          return {
            Parameters: Names.flatMap((name) => find(name) ?? []),
            InvalidParameters: Names.filter((name) => !find(name)),
          };
        },
        GetParametersByPath(input: unknown) {
          const { Path, Recursive } = GetByPath.parse(input);
          const below = Path.endsWith("/") ? Path : `${Path}/`;
          const found = [...parameters.values()].filter(
            ({ Name }) => Name.startsWith(below) && (Recursive || !Name.slice(below.length).includes("/")),
          );
          return { Parameters: found };
        },
      }),
    ),
  );

  /** By name or ARN, perhaps with the version that it has. */
  function find(name: string): Parameter | undefined {
    return [...parameters.values()].find(({ Name, ARN, Version }) =>
      [Name, ARN, `${Name}:${Version}`].includes(name),
    );
  }
}
