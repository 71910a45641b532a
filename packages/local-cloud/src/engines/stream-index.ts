// Adds an index of stream records to dynoxide's file. Without one the engine reads all records of all streams to number each
// new one and for each read of a stream: with 20,000 records a write takes twenty times as long as with none, also after a
// restart on the same file.
import { DatabaseSync } from "node:sqlite";

/** By the expression that the engine asks for. */
const index =
  "CREATE INDEX IF NOT EXISTS streams_by_number ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";
/** The engine runs, and may write. */
const busyMsMax = 5_000;

/** Adds the index to the file of an engine that has made it. */
export function indexStreams(databaseFile: string): void {
  const database = new DatabaseSync(databaseFile, { timeout: busyMsMax });
  try {
    database.exec(index);
  } finally {
    database.close();
  }
}
