// The permissions that a request to S3 needs. Its operations are methods on paths; buckets are paths here.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html: without s3:ListBucket a missing key is a 403

import type { Access } from "../evaluate.ts";
import { type SeenRequest, UnknownRequest, type Wanted } from "./request.ts";

const KNOWN = "GetObject, HeadObject, PutObject, CopyObject, DeleteObject, ListObjectsV2, HeadBucket";

/** In the query, and no operation of its own. */
const PLAIN =
  /^(x-id|list-type|prefix|delimiter|max-keys|start-after|continuation-token|encoding-type|fetch-owner|X-Amz-.+)$/i;

/** Headers of a PUT that need a permission of their own. */
const FURTHER = /^x-amz-(acl|tagging|grant-.+|object-lock-.+|bypass-governance-retention)$/;

/** Throws `UnknownRequest` for any other operation. */
export function wantedOfS3({ method, url, headers }: SeenRequest): Wanted {
  const { bucket, key } = placeIn(url.pathname);
  const special = [
    ...[...url.searchParams.keys()].filter((name) => !PLAIN.test(name)),
    ...Object.keys(headers).filter((name) => FURTHER.test(name)),
  ];
  const listing = access("ListBucket", bucket);
  const isKnown = special.length === 0 && bucket !== "";
  if (isKnown && key === "" && (method === "GET" || method === "HEAD")) return { accesses: [listing] };
  if (isKnown && key !== "") {
    if (method === "GET" || method === "HEAD")
      return { accesses: [access("GetObject", bucket, key)], toKnowWhatIsMissing: listing };
    if (method === "DELETE") return { accesses: [access("DeleteObject", bucket, key)] };
    if (method === "PUT") return put(access("PutObject", bucket, key), headers["x-amz-copy-source"]);
  }
  const what = [`${method} ${key === "" ? "bucket" : "object"}`, ...special].join(" with ");
  throw new UnknownRequest(`the permissions of S3 ${what} are not supported here; supported are ${KNOWN}`);
}

/** A copy reads its source, too. */
function put(target: Access, copySource: string | string[] | undefined): Wanted {
  if (copySource === undefined) return { accesses: [target] };
  const source = placeIn(`/${String(copySource).replace(/^\//, "")}`);
  return {
    accesses: [access("GetObject", source.bucket, source.key), target],
    toKnowWhatIsMissing: access("ListBucket", source.bucket),
  };
}

/** `/bucket/a/key` */
function placeIn(path: string): { bucket: string; key: string } {
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return { bucket, key: decodeURIComponent(key) };
}

function access(action: string, bucket: string, key?: string): Access {
  return { action: `s3:${action}`, resource: `arn:aws:s3:::${bucket}${key === undefined ? "" : `/${key}`}` };
}
