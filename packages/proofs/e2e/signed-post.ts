// A request to a function URL with IAM authentication, signed as the AWS SDK signs its own.
import { request } from "node:http";
import { request as secureRequest } from "node:https";
import { Sha256 } from "@smithy/core/checksum";
import { SignatureV4 } from "@smithy/signature-v4";

export interface SignedPost {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
}

/** An emulator listens at one endpoint for all hosts: the request goes there and names the host of the URL. */
export async function signedPost({ url, body, headers, credentials, region }: SignedPost) {
  const { host, pathname } = new URL(url);
  const signer = new SignatureV4({ service: "lambda", credentials, region, sha256: Sha256 });
  const signed = await signer.sign({
    method: "POST",
    protocol: "https:",
    hostname: host,
    path: pathname,
    headers: { ...headers, host, "content-type": "application/json" },
    body,
  });
  const target = new URL(pathname, process.env.AWS_ENDPOINT_URL ?? url);
  const send = target.protocol === "https:" ? secureRequest : request;
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sent = send(target, { method: "POST", headers: signed.headers }, async (response) => {
      const parts = await response.setEncoding("utf8").toArray();
      resolve({ status: response.statusCode ?? 0, text: parts.join("") });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
