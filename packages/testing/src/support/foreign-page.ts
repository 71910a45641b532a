// The requests that a page of another site could send to a server on this machine, sent raw, as a browser would send
// them: no browser is needed.
import { type IncomingHttpHeaders, request } from "node:http";

export interface Asked {
  readonly url: string;
  readonly method?: string;
  /** The request line; absent: the path of the URL. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const site = "http://site.example";
const form = "Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Aorders&Message=forged";
const put = JSON.stringify({ TableName: "Outbox", Item: { id: { S: "forged" } } });
const put1 = { "x-amz-target": "DynamoDB_20120810.PutItem", "content-type": "application/x-amz-json-1.0" };

/** Each is a thing that some server of a local cloud once did for a page. */
export const foreignRequests: Readonly<Record<string, Omit<Asked, "url">>> = {
  "a preflight": {
    method: "OPTIONS",
    headers: {
      origin: site,
      "access-control-request-method": "POST",
      "access-control-request-headers": "x-amz-target,content-type,authorization",
    },
  },
  "a request after a preflight": { method: "POST", headers: { origin: site, ...put1 }, body: put },
  "a form that is posted": {
    method: "POST",
    headers: { origin: site, "content-type": "application/x-www-form-urlencoded" },
    body: form,
  },
  "a form of an opaque origin": {
    method: "POST",
    headers: { origin: "null", "content-type": "text/plain" },
    body: form,
  },
  "an image of another site": { headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" } },
  "an image of another port of this machine": { headers: { "sec-fetch-site": "same-site" } },
  "an address that is typed": { headers: { "sec-fetch-site": "none" } },
  "a page whose name was bound anew": {
    method: "POST",
    headers: { host: "rebound.example", ...put1 },
    body: put,
  },
  "an image of a page whose name was bound anew": { headers: { host: "127.0.0.1.rebound.example:80" } },
  "a request line that names another host": { path: "http://rebound.example/" },
};

/** Over a socket, as it stands: `fetch` would add its own headers, and refuse some ports. */
export function asked({ url, method = "GET", path, headers = {}, body }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const onward = request(url, { method, headers, ...(path !== undefined && { path }) }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.once("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
      );
    });
    onward.once("error", reject);
    onward.end(body);
  });
}

/** What of it the server did for a page; nothing, when it refuses each and grants none. */
export async function grantsToPages(url: string): Promise<string[]> {
  const granted: string[] = [];
  for (const [what, foreign] of Object.entries(foreignRequests)) {
    const { status, headers } = await asked({ url, ...foreign });
    const cors = Object.keys(headers).filter((name) => name.startsWith("access-control-"));
    if (status !== 403 || cors.length > 0) granted.push(`${url}: ${what}: ${[status, ...cors].join(" ")}`);
  }
  return granted;
}

/** True for a port to which no browser connects: Node's `fetch` holds the list that the standard tells browsers to hold. */
export async function isClosedToBrowsers(url: string): Promise<boolean> {
  const error = await fetch(url).catch((refused: Error) => refused);
  return error instanceof Error && error.cause instanceof Error && error.cause.message === "bad port";
}
