// Describes an error by a code or a class name, and a place in the code. Never by its message, which may quote the
// payload (S10).
import { calledBy } from "./called.ts";
import { Park, RetryLater } from "./outcome.ts";

/** A code of ours, an AWS error's name, a class. What is no name, because somebody made it from data, is "Error". */
export function errorCodeOf(error: unknown): string {
  if (error instanceof RetryLater || error instanceof Park) return nameOr(error.code, error.name);
  return error instanceof Error ? nameOr(error.name, "Error") : typeof error;
}

function nameOr(name: string, otherwise: string): string {
  return /^[\w.:-]{1,100}$/.test(name) ? name : otherwise;
}

/** So many characters of frames say enough. */
const framesLengthMax = 8_000;
const libraries = /node_modules\/(?!@essentially-once\/)|\(?node:/;
/** What calls the user's code, and what it calls: as a workspace, or installed. */
const kit = /(?:packages\/messaging\/src|@essentially-once\/messaging)\/[\w/-]+\.[jt]s:/;

/** The file and line of the user's code that an error came through; of the kit's when it came through none. */
export function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error instanceof RetryLater) return undefined;
  const { site } = calledBy(error) ?? {};
  const frames = [...framesOf(error), ...(site ? framesOf(site) : [])].filter(
    (frame) => !libraries.test(frame),
  );
  const frame = frames.find((one) => !kit.test(one)) ?? frames[0] ?? "";
  return /([^/\s(]{1,100}\/[^/\s(]{1,100}:\d+:\d+)\)?$/.exec(frame.slice(-220))?.[1];
}

function framesOf({ stack = "", message }: Error): string[] {
  const begin = stack.indexOf(message);
  if (begin < 0) return []; // whatever it is, it may be the message
  const text = stack.slice(begin + message.length, begin + message.length + framesLengthMax);
  return text.split("\n").filter((frame) => /:\d+:\d+\)?$/.test(frame));
}

/** The code, the call that failed and the place in the user's code: what a developer looks for. */
export function describedError(error: unknown): string {
  const call = error instanceof Error ? calledBy(error) : undefined;
  const at = placeOf(error);
  const of = call ? ` of ${call.command}${call.resource ? ` ${call.resource}` : ""}` : "";
  return `${errorCodeOf(error)}${of}${at ? ` at ${at}` : ""}`;
}
