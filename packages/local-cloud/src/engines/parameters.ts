// The Parameter Store engine (SSM): parameters of the app, in memory, as functions read them.
//
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html

import { z } from "zod";
import { parameterArn } from "../model/names.ts";
import { type JsonService, ServiceError, startJsonService } from "./json-service.ts";

const Put = z.looseObject({ Name: z.string(), Value: z.string(), Type: z.string().default("String") });
const Get = z.looseObject({ Name: z.string() });
const GetAll = z.looseObject({ Names: z.array(z.string()) });
/** A page: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const pageMax = 10;
const GetByPath = z.looseObject({
  Path: z.string(),
  Recursive: z.boolean().default(false),
  MaxResults: z.number().int().min(1).max(pageMax).default(pageMax),
  NextToken: z.string().optional(),
});
/** Of the standard tier. Characters. */
const valueLengthMax = 4_096;

const tooLong = `Standard tier parameters support a maximum parameter value of ${valueLengthMax} characters.`;

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
          if (Value.length > valueLengthMax) throw new ServiceError("ValidationException", tooLong);
          const Version = (parameters.get(Name)?.Version ?? 0) + 1;
          parameters.set(Name, { Name, Value, Type, Version, ARN: parameterArn(Name) });
          return { Version };
        },
        DeleteParameter(input: unknown) {
          const { Name } = Get.parse(input);
          if (!parameters.delete(Name))
            throw new ServiceError("ParameterNotFound", `Parameter ${Name} not found.`);
          return {};
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
          const { Path, Recursive, MaxResults, NextToken } = GetByPath.parse(input);
          if (!Path.startsWith("/")) throw new ServiceError("ValidationException", "Path must begin with /.");
          const below = Path.endsWith("/") ? Path : `${Path}/`;
          const after = NextToken === undefined ? "" : Buffer.from(NextToken, "base64").toString();
          const found = [...parameters.values()]
            .filter(({ Name }) => Name.startsWith(below) && Name > after)
            .filter(({ Name }) => Recursive || !Name.slice(below.length).includes("/"))
            .sort((a, b) => (a.Name < b.Name ? -1 : 1));
          const page = found.slice(0, MaxResults);
          const last = page.at(-1)?.Name ?? "";
          return {
            Parameters: page,
            ...(found.length > page.length && { NextToken: Buffer.from(last).toString("base64") }),
          };
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
