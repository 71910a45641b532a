// The SQS engine as a process of its own; it tells its parent its endpoint and ends with it.
import { buildApp } from "fauxqs";

const app = buildApp({ logger: false });
process.send?.(await app.listen({ host: "127.0.0.1", port: 0 }));
process.once("disconnect", () => process.exit());
