// How the other side answered the last messages of this process: whether it fails, or only some of its messages do.

export interface RecentOutcomes {
  add(message: string, isFailure: boolean): void;
  /** Of the last messages most failed. One bad message, however often it is tried, is one of them. */
  areFailures(): boolean;
}

/** Of a process whose other side worked until now, five messages fail before it is said to fail. */
const messagesMax = 8;

export function recentOutcomes(): RecentOutcomes {
  const failed = new Map<string, boolean>();
  return {
    add(message, isFailure) {
      failed.delete(message); // its last answer is what counts, and makes it the latest
      failed.set(message, isFailure);
      const [oldest = message] = failed.keys();
      if (failed.size > messagesMax) failed.delete(oldest);
    },
    areFailures() {
      const failures = [...failed.values()].filter(Boolean).length;
      return failures * 2 > failed.size;
    },
  };
}
