// A request of the local cloud itself to a service for which it has no SDK client: engines look at the service's name
// in the signature, and at no signature.

import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../model/clients.ts";

export interface ServiceRequest {
  readonly endpoint: string;
  /** As a signature names it: `sns`. */
  readonly service: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The body of the answer. Throws for any answer but a 200, with what it says. */
export async function sendRequest({ endpoint, service, headers, body }: ServiceRequest): Promise<string> {
  const scope = `${LOCAL_CREDENTIALS.accessKeyId}/20260101/${LOCAL_REGION}/${service}/aws4_request`;
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body,
  });
  const answer = await response.text();
  if (response.status === 200) return answer;
  throw new Error(`${service} at ${endpoint} answered ${response.status}: ${answer}`);
}
