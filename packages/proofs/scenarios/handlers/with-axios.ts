// A handler with a package that asks Node for its modules as CommonJS does.
import axios from "axios";

const api = axios.create({ baseURL: "https://api.test" });

export const handler = async () => {
  if (typeof api.post !== "function") throw new Error("axios is not there");
};
