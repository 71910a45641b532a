// Identifies the caller: each function has an access key of its own, which its signatures name. Engines never see it: some
// separate the data of each key, or take the account from it.

import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { LOCAL_CREDENTIALS } from "../model/clients.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CHARACTERS_AFTER_PREFIX = 16;

/** In the form of AWS's. The same function has the same one on every start. */
export function accessKeyIdOf(functionName: string): string {
  const bytes = createHash("sha256").update(functionName).digest().subarray(0, CHARACTERS_AFTER_PREFIX);
  return `AKIA${[...bytes].map((byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}

/** The key that a request is signed with, in its header or, when it was signed in advance, its query. */
export function accessKeyIdIn(request: { readonly headers: IncomingHttpHeaders; readonly url: URL }): string {
  const { authorization = "" } = request.headers;
  const credential = request.url.searchParams.get("X-Amz-Credential");
  return (credential ?? /Credential=([^,\s]+)/.exec(authorization)?.[1] ?? "").split("/")[0] ?? "";
}

/** The service that a request is signed for: `events`, `lambda`. */
export function serviceIn({ headers }: { readonly headers: IncomingHttpHeaders }): string {
  return (
    /Credential=[^/]*\/[^/]*\/[^/]*\/([^/,\s]+)/.exec(headers.authorization ?? "")?.[1] ?? "(no service)"
  );
}

/** The same headers, in the name of the local cloud itself. */
export function inTheCloudsName(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { authorization } = headers;
  if (authorization === undefined) return headers;
  const renamed = authorization.replace(/Credential=[^/]+/, `Credential=${LOCAL_CREDENTIALS.accessKeyId}`);
  return { ...headers, authorization: renamed };
}
