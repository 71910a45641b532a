// Requests to the console's own server, the only one that the page asks.

import type { FieldError, Refusal } from "../../api/about.ts";
import { dropToken, token } from "./token.ts";

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** An answer other than 200, in the server's words. */
export class RequestFailed extends Error {
  override readonly name = "RequestFailed";
  readonly status: number;
  readonly fields: readonly FieldError[];

  constructor(status: number, { error, fields = [] }: Refusal) {
    super(error);
    this.status = status;
    this.fields = fields;
  }
}

export function get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  return ask<Answer>(addressOf(path, query), { ...(signal && { signal }) });
}

export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return ask<Answer>(`/api/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** The stream of events; its body is read as it comes. */
export async function openStream(after: number | undefined, signal: AbortSignal): Promise<Response> {
  const response = await fetch(addressOf("stream", { after }), { headers: rights(), signal });
  if (!response.ok) throw await failureOf(response);
  return response;
}

async function ask<Answer>(address: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(address, { ...init, headers: { ...init.headers, ...rights() } }).catch(
    (cause: unknown) => {
      if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
      throw new RequestFailed(0, { error: "The console's server does not answer: it has stopped." });
    },
  );
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as Answer;
}

async function failureOf(response: Response): Promise<RequestFailed> {
  if (response.status === 401) dropToken();
  const text = await response.text();
  try {
    return new RequestFailed(response.status, JSON.parse(text) as Refusal);
  } catch {
    return new RequestFailed(response.status, { error: text.slice(0, 500) || `answer ${response.status}` });
  }
}

function addressOf(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? `/api/${path}` : `/api/${path}?${parameters}`;
}

function rights(): Record<string, string> {
  return { authorization: `Bearer ${token.value ?? ""}` };
}
