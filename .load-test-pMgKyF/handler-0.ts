import * as it from "pg";
export const handler = async () => typeof it;
