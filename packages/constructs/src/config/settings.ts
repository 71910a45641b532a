// Settings of the synthesis (`-c name=value`) that an app has beside those of every deployment: each read once, with its range.
import type { Node } from "constructs";

/**
 * Base URL of another company's API, without a trailing slash.
 * @throws Error when the setting is no http(s) URL, or has a query or a fragment
 */
export function readUrl(node: Node, setting: string, byDefault: string): string {
  const given: unknown = node.tryGetContext(setting) ?? byDefault;
  const url = typeof given === "string" ? URL.parse(given) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new Error(
      `context "${setting}" must be an http(s) URL without query or fragment, got ${JSON.stringify(given)}`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

const secondsMax = 31_536_000;

/**
 * Whole seconds up to a year, as text for the environment of a function.
 * @throws Error when the setting is something else
 */
export function readSeconds(node: Node, setting: string, byDefault: number): string {
  const given: unknown = node.tryGetContext(setting) ?? byDefault;
  const seconds = Number(given);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= secondsMax) return String(seconds);
  throw new Error(
    `context "${setting}" must be a whole number of seconds from 1 to ${secondsMax}, got ${JSON.stringify(given)}`,
  );
}
