// Cuts a run of records into batches that fit an invocation, in order.

import { PAYLOAD_BYTES_MAX } from "../model/invocation.ts";

/** `{"Records":[]}` and room to spare. */
const FRAME_BYTES = 1024;

/** Each batch holds at most `batchSize` records and at most Lambda's payload; a record is never cut. */
export function batchesOf<Record>(records: readonly Record[], batchSize: number): Record[][] {
  const batches: Record[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const recordBytes = Buffer.byteLength(JSON.stringify(record)) + 1;
    const batch = batches.at(-1);
    if (batch && batch.length < batchSize && bytes + recordBytes <= PAYLOAD_BYTES_MAX) {
      batch.push(record);
      bytes += recordBytes;
    } else {
      batches.push([record]);
      bytes = FRAME_BYTES + recordBytes;
    }
  }
  return batches;
}
