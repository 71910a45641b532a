// A port that was asked for by number and is taken: the user must choose, so the error names the flag.

export interface PortFlag {
  readonly port: number;
  readonly flag: string;
  /** Who listens there, for the error. */
  readonly listener: string;
}

export class PortInUse extends Error {
  override readonly name = "PortInUse";

  constructor(use: PortFlag & { cause?: unknown }) {
    super(
      `Port ${use.port} of 127.0.0.1 is already in use, so ${use.listener} cannot listen there: ` +
        `choose another port with ${use.flag}, or remove ${use.flag} to get a free one.`,
      { cause: use.cause },
    );
  }
}
