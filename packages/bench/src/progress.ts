// One line that says how far it is, on a terminal; nothing elsewhere.

export interface Progress {
  onProgress(done: number, of: number, what: string): void;
  /** Clears the line. */
  end(): void;
}

export function progress(stream: NodeJS.WriteStream): Progress {
  return {
    onProgress(done, of, what) {
      if (stream.isTTY) stream.write(`\r\x1b[K${done}/${of} ${what}`);
    },
    end() {
      if (stream.isTTY) stream.write("\r\x1b[K");
    },
  };
}
